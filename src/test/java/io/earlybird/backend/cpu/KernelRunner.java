package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Program;
import io.earlybird.backend.Slice;
import io.earlybird.backend.reference.ReferenceOps;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Op;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Runs single own kernels on plain host tensors and judges what they yield. */
final class KernelRunner {
  /** Share of the error bound u sqrt(K) sum|terms| that a kernel may use. */
  private static final double SHARE = 4;

  private static final double UNIT = 0x1p-24;
  private static final byte POISON = (byte) 0xc3;
  private static final int GUARD = 256;

  private KernelRunner() {}

  /** The results of an op, each in a buffer of its own; bytes around them must stay untouched. */
  static List<HostTensor> run(int threads, Op op, List<HostTensor> inputs) {
    return run(threads, op, inputs, none(op, inputs));
  }

  /** As above; {@code over[i]} is the operand over which result {@code i} is written, or -1. */
  static List<HostTensor> run(int threads, Op op, List<HostTensor> inputs, int... over) {
    try (CpuBackend backend = new CpuBackend(threads);
        Bound bound = new Bound(backend, op, inputs, over)) {
      bound.program.run();
      return bound.results();
    }
  }

  private static int[] none(Op op, List<HostTensor> inputs) {
    int[] over = new int[op.infer(specs(inputs)).size()];
    Arrays.fill(over, -1);
    return over;
  }

  private static List<TensorSpec> specs(List<HostTensor> inputs) {
    return inputs.stream().map(HostTensor::spec).toList();
  }

  /** An op bound to guarded buffers. */
  static final class Bound implements AutoCloseable {
    final Kernel kernel;
    final Program program;
    private final CpuBackend backend;
    private final List<TensorSpec> specs;
    private final List<Slice> results = new ArrayList<>();
    private final List<Memory> memories = new ArrayList<>();

    Bound(CpuBackend backend, Op op, List<HostTensor> inputs, int... over) {
      this.backend = backend;
      this.specs = op.infer(specs(inputs));
      assertThat(backend.supports(op, specs(inputs)).ok()).as(op.name()).isTrue();
      List<Form> available = specs(inputs).stream().map(Form::plain).toList();
      kernel = backend.prepare(new KernelRequest(op, specs(inputs), specs, available));
      assertThat(kernel.inputForms()).isEqualTo(available);
      List<Slice> operands = new ArrayList<>();
      for (HostTensor input : inputs) {
        Slice slice = guarded(Form.plain(input.spec()).bytes());
        backend.write(slice, input);
        operands.add(slice);
      }
      for (int i = 0; i < specs.size(); i++) {
        if (over[i] >= 0) {
          assertThat(kernel.mayOverwrite(i, over[i])).as(op + ": %s over %s", i, over[i]).isTrue();
        }
        results.add(
            over[i] >= 0 ? operands.get(over[i]) : guarded(Form.plain(specs.get(i)).bytes()));
      }
      Slice scratch = kernel.scratchBytes() == 0 ? null : guarded(kernel.scratchBytes());
      Launch launch = kernel.bind(operands, results, scratch);
      program = backend.program(List.of(launch));
    }

    private Slice guarded(long bytes) {
      long padded = (bytes + GUARD - 1) / GUARD * GUARD;
      Memory memory = backend.allocate(GUARD + padded + GUARD, "a test");
      memories.add(memory);
      byte[] poison = new byte[(int) memory.bytes()];
      Arrays.fill(poison, POISON);
      CpuMemory.bytes(new Slice(memory, 0, memory.bytes())).put(poison);
      return new Slice(memory, GUARD, bytes);
    }

    /** The results; checks the guards of all buffers. */
    List<HostTensor> results() {
      for (Slice result : results) {
        byte[] all = new byte[(int) result.memory().bytes()];
        CpuMemory.bytes(new Slice(result.memory(), 0, all.length)).get(all);
        for (int i = 0; i < all.length; i++) {
          boolean guard = i < result.offset() || i >= result.offset() + result.bytes();
          if (guard && all[i] != POISON) {
            throw new AssertionError("guard byte " + i + " of " + all.length + " was written");
          }
        }
      }
      List<HostTensor> values = new ArrayList<>();
      for (int i = 0; i < results.size(); i++) {
        values.add(backend.read(results.get(i), specs.get(i)));
      }
      return values;
    }

    @Override
    public void close() {
      kernel.close();
      memories.forEach(Memory::close);
    }
  }

  /** Checks the results against the reference: bits where promised, else the error bound. */
  static void check(Op op, List<HostTensor> inputs) {
    check(op, inputs, run(2, op, inputs));
  }

  /** Checks given results against the reference. */
  static void check(Op op, List<HostTensor> inputs, List<HostTensor> results) {
    ReferenceOps.Result expected = ReferenceOps.evaluate(op, inputs, DType.F32);
    for (int r = 0; r < results.size(); r++) {
      HostTensor want = expected.outputs().get(r);
      HostTensor got = results.get(r);
      if (got.equals(want)) {
        continue;
      }
      assertThat(got.spec()).isEqualTo(want.spec());
      ByteBuffer wanted = want.buffer();
      ByteBuffer found = got.buffer();
      for (int i = 0; i < want.spec().size(); i++) {
        double tolerance =
            expected.exact(r)
                ? 0
                : SHARE * UNIT * Math.sqrt(expected.terms()[r]) * expected.magnitudes().get(r)[i];
        double expects = HostTensor.get(wanted, want.dtype(), i);
        double is = HostTensor.get(found, want.dtype(), i);
        if (Double.compare(expects, is) != 0 && !(Math.abs(expects - is) <= tolerance)) {
          throw new AssertionError(
              String.format(
                  "%s on %s: result %d, element %d is %s, expected %s within %s",
                  op, specs(inputs), r, i, is, expects, tolerance));
        }
      }
    }
  }

  /** Checks that 1, 2, 3 and 5 threads yield the same bits. */
  static void checkThreads(Op op, List<HostTensor> inputs) {
    List<HostTensor> one = run(1, op, inputs);
    for (int threads : new int[] {2, 3, 5}) {
      assertThat(run(threads, op, inputs)).as("%s with %s threads", op, threads).isEqualTo(one);
    }
  }

  /** Checks that results are the same when written over operands. */
  static void checkInPlace(Op op, List<HostTensor> inputs, int... over) {
    assertThat(run(2, op, inputs, over)).isEqualTo(run(2, op, inputs));
  }

  /** Checks that results are the same when written over any operand that the kernel allows. */
  static void checkOverwriting(Op op, List<HostTensor> inputs) {
    List<HostTensor> expected = run(2, op, inputs);
    for (int output = 0; output < expected.size(); output++) {
      for (int input = 0; input < inputs.size(); input++) {
        int[] over = none(op, inputs);
        over[output] = input;
        if (mayOverwrite(op, inputs, output, input)) {
          assertThat(run(2, op, inputs, over))
              .as(op + ": %s over %s", output, input)
              .isEqualTo(expected);
        }
      }
    }
  }

  private static boolean mayOverwrite(Op op, List<HostTensor> inputs, int output, int input) {
    try (CpuBackend backend = new CpuBackend(2);
        Bound bound = new Bound(backend, op, inputs, none(op, inputs))) {
      return bound.kernel.mayOverwrite(output, input);
    }
  }

  /** Checks that running allocates nothing on the Java heap. */
  static void checkAllocation(Op op, List<HostTensor> inputs) {
    try (CpuBackend backend = new CpuBackend(2);
        Bound bound = new Bound(backend, op, inputs, none(op, inputs))) {
      assertThat(Allocations.ofHundredRuns(bound.program::run)).as(op.name()).isZero();
    }
  }

  /** Normal deviates times {@code deviation} plus {@code mean}. */
  static HostTensor around(double mean, double deviation, long seed, int... dims) {
    Random random = new Random(seed);
    HostTensor t = HostTensor.zeros(TensorSpec.f32(dims));
    for (int i = 0; i < t.spec().size(); i++) {
      t.buffer().putFloat(4 * i, (float) (mean + deviation * random.nextGaussian()));
    }
    return t;
  }

  /** Standard normal deviates. */
  static HostTensor normal(long seed, int... dims) {
    return around(0, 1, seed, dims);
  }

  /** Standard normal deviates, sprinkled with zeros of both signs, infinities and NaN. */
  static HostTensor special(long seed, int... dims) {
    Random random = new Random(seed + 1000);
    HostTensor t = normal(seed, dims);
    float[] values = {
      0f, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, 1f, -1f
    };
    for (int i = 0; i < t.spec().size(); i++) {
      if (random.nextInt(3) == 0) {
        t.buffer().putFloat(4 * i, values[random.nextInt(values.length)]);
      }
    }
    return t;
  }

  /** Integers in [0, bound). */
  static HostTensor integers(long seed, int bound, int count) {
    return HostTensor.of(new Random(seed).ints(count, 0, bound).toArray(), count);
  }
}
