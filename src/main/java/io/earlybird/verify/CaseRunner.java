package io.earlybird.verify;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.backend.Support;
import io.earlybird.backend.reference.ReferenceOps;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormReluConv2dBackward;
import io.earlybird.tensor.op.NormProductOp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Runs one case on one backend the way a plan would (forms, reorders, scratch, in-place results)
 * and judges it. The kernel runs twice, over outputs and scratch filled with two different
 * patterns: both runs must give the same bits, so no element may stay unwritten and nothing may
 * depend on old memory. Then it runs in place wherever it says that it may.
 */
final class CaseRunner implements AutoCloseable {
  /** A NaN in every floating-point type. */
  private static final int FIRST_POISON = 0xFF;

  private static final int SECOND_POISON = 0x11;

  private final Backend backend;
  private final OpCase test;
  private final Arena arena;
  private final Kernel kernel;
  private final List<Operand> inputs;
  private final List<Operand> outputs;
  private final Arena.Region scratch;

  /**
   * What came of a case.
   *
   * @param declined why the backend does not take it, or {@code null}
   * @param failure what was wrong, or {@code null}
   * @param share largest share of the tolerance used
   * @param exact whether all results had to be bit-exact
   */
  record Outcome(String declined, String failure, double share, boolean exact) {}

  /** A tensor in the backend's default form and, if it differs, in the form the kernel wants. */
  private record Operand(
      TensorSpec spec, Form plain, Form wanted, Arena.Region host, Arena.Region device) {
    /** Element type of the coarsest form that the values go through. */
    DType element() {
      boolean narrow = plain.element() == DType.BF16 || wanted.element() == DType.BF16;
      return narrow && spec.dtype() == DType.F32 ? DType.BF16 : spec.dtype();
    }
  }

  private CaseRunner(Backend backend, OpCase test, Kernel kernel) {
    this.backend = backend;
    this.test = test;
    this.kernel = kernel;
    this.arena = new Arena(backend);
    List<TensorSpec> results = test.op().infer(test.specs());
    inputs = operands("operand ", test.specs(), kernel.inputForms(), false);
    outputs = operands("result ", results, kernel.outputForms(), true);
    scratch =
        kernel.scratchBytes() == 0 ? null : arena.reserve("scratch", kernel.scratchBytes(), true);
    arena.allocate();
  }

  /**
   * Runs a case, once with the kernel that takes the operands in their default forms as they are
   * and, if that is another one, with the kernel that may choose all forms. Exceptions of the
   * backend become failures.
   */
  static Outcome run(Backend backend, OpCase test) {
    Support support = backend.supports(test.op(), test.specs());
    if (!support.ok()) {
      return new Outcome(support.reason(), null, 0, false);
    }
    List<Form> given = test.specs().stream().map(backend::defaultForm).toList();
    List<Form> free = new ArrayList<>(Collections.nCopies(given.size(), null));
    try (Kernel fitting = prepare(backend, test, given);
        Kernel choosing = prepare(backend, test, free)) {
      Outcome outcome = judge(backend, test, fitting);
      boolean same =
          fitting.inputForms().equals(choosing.inputForms())
              && fitting.outputForms().equals(choosing.outputForms());
      return same || outcome.failure != null ? outcome : judge(backend, test, choosing);
    } catch (RuntimeException e) {
      return new Outcome(null, "threw " + e, 0, false);
    }
  }

  private static Kernel prepare(Backend backend, OpCase test, List<Form> available) {
    List<TensorSpec> out = test.op().infer(test.specs());
    return backend.prepare(new KernelRequest(test.op(), test.specs(), out, available));
  }

  private static Outcome judge(Backend backend, OpCase test, Kernel kernel) {
    try (CaseRunner runner = new CaseRunner(backend, test, kernel)) {
      return runner.judge();
    }
  }

  private List<Operand> operands(
      String name, List<TensorSpec> specs, List<Form> forms, boolean written) {
    List<Operand> made = new ArrayList<>();
    for (int i = 0; i < specs.size(); i++) {
      Form plain = backend.defaultForm(specs.get(i));
      Form wanted = forms.get(i);
      Arena.Region device = arena.reserve(name + i, wanted.bytes(), written);
      Arena.Region host =
          wanted.equals(plain)
              ? device
              : arena.reserve(name + i + " in its default form", plain.bytes(), written);
      made.add(new Operand(specs.get(i), plain, wanted, host, device));
    }
    return made;
  }

  private Outcome judge() {
    ReferenceOps.Result expected = expected();
    Comparison comparison = new Comparison(expected, test.spreads(), flushed());
    writeInputs();
    Launch launch = kernel.bind(devices(inputs), devices(outputs), scratchSlice());
    List<HostTensor> first = new ArrayList<>();
    String failure = run(launch, FIRST_POISON, first);
    boolean exact = true;
    for (int i = 0; i < outputs.size(); i++) {
      comparison.check(i, first.get(i), outputs.get(i).element());
      exact &= expected.exact(i);
    }
    failure = failure == null ? comparison.difference() : failure;
    if (failure == null) {
      List<HostTensor> second = new ArrayList<>();
      failure = run(launch, SECOND_POISON, second);
      failure = failure == null ? same(first, second, "a second run") : failure;
    }
    failure = failure == null ? runInPlace(first) : failure;
    return new Outcome(null, failure, comparison.worstShare(), exact);
  }

  /** What the reference makes of operands, and of what a fused norm makes, as they are stored. */
  private ReferenceOps.Result expected() {
    List<HostTensor> in = roundedInputs();
    boolean half = !inputs.isEmpty() && inputs.get(0).element() == DType.BF16;
    if (half && test.op() instanceof NormProductOp op) {
      return ofRoundedInput(op, in);
    }
    if (half && test.op() instanceof BatchNormReluConv2dBackward op) {
      return ofRoundedWeight(op, in);
    }
    return ReferenceOps.evaluate(test.op(), in, DType.F32);
  }

  private static ReferenceOps.Result ofRoundedInput(NormProductOp op, List<HostTensor> in) {
    int first = NormProductOp.NORM_OPERANDS;
    List<HostTensor> made =
        ReferenceOps.evaluate(op.norm(), in.subList(0, first), DType.F32).outputs();
    List<HostTensor> operands = new ArrayList<>(in.subList(first, in.size()));
    operands.add(0, Rounding.bf16(made.get(0)));
    return ReferenceOps.evaluate(op.product(), operands, DType.F32);
  }

  /** The weight is rounded too; what it makes of the gradient is not. */
  private static ReferenceOps.Result ofRoundedWeight(
      BatchNormReluConv2dBackward op, List<HostTensor> in) {
    List<HostTensor> rounded = new ArrayList<>(in);
    rounded.set(
        BatchNormReluConv2dBackward.W, Rounding.bf16(in.get(BatchNormReluConv2dBackward.W)));
    ReferenceOps.Result all = ReferenceOps.evaluate(op, rounded, DType.F32);
    ReferenceOps.Result weight =
        ofRoundedInput(op.weightGradient(), BatchNormReluConv2dBackward.weightOperands(in));
    List<HostTensor> outputs = new ArrayList<>(all.outputs());
    List<double[]> magnitudes = new ArrayList<>(all.magnitudes());
    outputs.set(3, weight.outputs().get(0));
    magnitudes.set(3, weight.magnitudes().get(0));
    return new ReferenceOps.Result(outputs, magnitudes, all.terms());
  }

  /**
   * What a term of a sum may lack because it, or an operand in it, was flushed to zero: units that
   * multiply bf16 do so with all that is subnormal.
   */
  private double flushed() {
    boolean flushes =
        test.isProduct() && inputs.stream().anyMatch(in -> in.element() == DType.BF16);
    double largest =
        test.inputs().stream()
            .filter(v -> flushes && v.dtype() == DType.F32)
            .flatMapToDouble(v -> Arrays.stream(v.doubles()))
            .map(Math::abs)
            .filter(Double::isFinite)
            .max()
            .orElse(0);
    return flushes ? Float.MIN_NORMAL * (1 + largest) : 0;
  }

  private List<HostTensor> roundedInputs() {
    List<HostTensor> rounded = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      HostTensor value = test.inputs().get(i);
      boolean half = inputs.get(i).element() == DType.BF16 && value.dtype() == DType.F32;
      rounded.add(half ? Rounding.bf16(value) : value);
    }
    return rounded;
  }

  private void writeInputs() {
    for (int i = 0; i < inputs.size(); i++) {
      Operand operand = inputs.get(i);
      backend.write(arena.slice(operand.host), test.inputs().get(i));
      if (operand.host != operand.device) {
        reorder(operand, operand.plain, operand.wanted, operand.host, operand.device);
      }
    }
  }

  /** Runs the kernel over poisoned outputs; returns what it damaged, or {@code null}. */
  private String run(Launch launch, int poison, List<HostTensor> results) {
    arena.poison(poison);
    byte[] before = arena.snapshot();
    execute(launch);
    String damage = arena.damage(before, arena.snapshot());
    for (Operand output : outputs) {
      results.add(read(output, output.device));
    }
    return damage;
  }

  private String runInPlace(List<HostTensor> expected) {
    for (int o = 0; o < outputs.size(); o++) {
      for (int i = 0; i < inputs.size(); i++) {
        if (kernel.mayOverwrite(o, i)) {
          writeInputs();
          arena.poison(FIRST_POISON);
          List<Slice> targets = new ArrayList<>(devices(outputs));
          targets.set(o, arena.slice(inputs.get(i).device));
          execute(kernel.bind(devices(inputs), targets, scratchSlice()));
          List<HostTensor> found = new ArrayList<>();
          for (int k = 0; k < outputs.size(); k++) {
            found.add(read(outputs.get(k), k == o ? inputs.get(i).device : outputs.get(k).device));
          }
          String difference = same(expected, found, "result " + o + " written over operand " + i);
          if (difference != null) {
            return difference;
          }
        }
      }
    }
    return null;
  }

  private String same(List<HostTensor> first, List<HostTensor> again, String what) {
    for (int i = 0; i < first.size(); i++) {
      for (int k = 0; k < first.get(i).spec().size(); k++) {
        if (!Comparison.sameBits(first.get(i), again.get(i), k, false)) {
          return String.format(
              "%s differs: result %d at %s was %s, now %s",
              what,
              i,
              Comparison.index(first.get(i).shape(), k),
              Comparison.text(first.get(i), k),
              Comparison.text(again.get(i), k));
        }
      }
    }
    return null;
  }

  private HostTensor read(Operand output, Arena.Region from) {
    if (output.host == output.device) {
      return backend.read(arena.slice(from), output.spec);
    }
    reorder(output, output.wanted, output.plain, from, output.host);
    return backend.read(arena.slice(output.host), output.spec);
  }

  private void reorder(
      Operand operand, Form from, Form to, Arena.Region source, Arena.Region target) {
    Kernel copy = backend.prepareReorder(operand.spec, from, to);
    try (var memory = new Extra(copy.scratchBytes())) {
      execute(
          copy.bind(List.of(arena.slice(source)), List.of(arena.slice(target)), memory.slice()));
    }
  }

  /** Scratch memory of a reorder. */
  private final class Extra implements AutoCloseable {
    private final Memory memory;

    Extra(long bytes) {
      memory = bytes == 0 ? null : backend.allocate(bytes, "verify");
    }

    Slice slice() {
      return memory == null ? null : new Slice(memory, 0, memory.bytes());
    }

    @Override
    public void close() {
      if (memory != null) {
        memory.close();
      }
    }
  }

  private void execute(Launch launch) {
    try (var program = backend.program(List.of(launch))) {
      program.run();
    }
  }

  private List<Slice> devices(List<Operand> operands) {
    return operands.stream().map(o -> arena.slice(o.device)).toList();
  }

  private Slice scratchSlice() {
    return scratch == null ? null : arena.slice(scratch);
  }

  @Override
  public void close() {
    arena.close();
  }
}
