package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.Backend;
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

/** Runs one op on the CPU backend, with the reorders it asks for, and judges it. */
final class OneOp implements AutoCloseable {
  private static final byte GUARD = 0x5a;

  private final CpuBackend backend;
  private final Memory memory;
  private long used;

  OneOp(CpuBackend backend) {
    this(backend, 48L << 20);
  }

  /**
   * With room for so many bytes: operands, results and scratch, plain and in the kernel's forms.
   */
  OneOp(CpuBackend backend, long bytes) {
    this.backend = backend;
    this.memory = backend.allocate(bytes, "a test");
  }

  /** Uniform values in [-1, 1). */
  static HostTensor random(long seed, TensorSpec spec) {
    return HostTensor.ofDoubles(spec, new Random(seed).doubles(spec.size(), -1, 1).toArray());
  }

  /** The request for an op on operands in the given forms. */
  static KernelRequest request(Op op, List<TensorSpec> inputs, Form... available) {
    List<Form> forms = new ArrayList<>(Arrays.asList(available));
    for (int i = forms.size(); i < inputs.size(); i++) {
      forms.add(Form.plain(inputs.get(i)));
    }
    return new KernelRequest(op, inputs, op.infer(inputs), forms);
  }

  /** Runs the op's kernel of choice once; results come back plain. */
  List<HostTensor> run(Op op, List<HostTensor> values) {
    List<TensorSpec> specs = values.stream().map(HostTensor::spec).toList();
    try (Kernel kernel = backend.prepare(request(op, specs))) {
      return run(kernel, op, values);
    }
  }

  /** Runs a kernel once; reorders operands to its forms and results back. */
  List<HostTensor> run(Kernel kernel, Op op, List<HostTensor> values) {
    List<TensorSpec> specs = values.stream().map(HostTensor::spec).toList();
    List<Slice> inputs = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      Slice plain = slice(Form.plain(specs.get(i)).bytes());
      backend.write(plain, values.get(i));
      inputs.add(
          reorder(specs.get(i), plain, Form.plain(specs.get(i)), kernel.inputForms().get(i)));
    }
    List<Slice> outputs = kernel.outputForms().stream().map(f -> poisoned(f.bytes())).toList();
    Slice scratch = kernel.scratchBytes() == 0 ? null : poisoned(kernel.scratchBytes());
    run(kernel.bind(inputs, outputs, scratch));
    List<TensorSpec> results = op.infer(specs);
    List<HostTensor> out = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      TensorSpec spec = results.get(i);
      checkGuard(outputs.get(i));
      Slice plain = reorder(spec, outputs.get(i), kernel.outputForms().get(i), Form.plain(spec));
      out.add(backend.read(plain, spec));
    }
    if (scratch != null) {
      checkGuard(scratch);
    }
    used = 0;
    return out;
  }

  /** Asserts that results are within the design's tolerance of the reference. */
  static void check(Op op, List<HostTensor> inputs, List<HostTensor> actual, double c) {
    ReferenceOps.Result expected = ReferenceOps.evaluate(op, inputs, DType.F64);
    for (int o = 0; o < actual.size(); o++) {
      double[] wanted = expected.outputs().get(o).doubles();
      double[] got = actual.get(o).doubles();
      double scale = c * Math.ulp(1f) / 2 * Math.sqrt(expected.terms()[o]);
      for (int i = 0; i < wanted.length; i++) {
        assertThat(Math.abs(got[i] - wanted[i]))
            .as("%s %s result %d element %d", op, inputs, o, i)
            .isLessThanOrEqualTo(scale * expected.magnitudes().get(o)[i]);
      }
    }
  }

  Slice reorder(TensorSpec spec, Slice slice, Form from, Form to) {
    if (from.equals(to)) {
      return slice;
    }
    Slice target = poisoned(to.bytes());
    try (Kernel kernel = backend.prepareReorder(spec, from, to)) {
      assertThat(kernel.inputForms()).containsExactly(from);
      assertThat(kernel.outputForms()).containsExactly(to);
      Slice scratch = kernel.scratchBytes() == 0 ? null : slice(kernel.scratchBytes());
      run(kernel.bind(List.of(slice), List.of(target), scratch));
    }
    checkGuard(target);
    return target;
  }

  private void run(Launch launch) {
    try (Program program = backend.program(List.of(launch))) {
      program.run();
    }
  }

  Slice slice(long bytes) {
    Slice slice = new Slice(memory, used, bytes);
    used += (bytes + 2 * Backend.ALIGNMENT - 1) / Backend.ALIGNMENT * Backend.ALIGNMENT;
    return slice;
  }

  /** A slice full of NaN, with guard bytes behind it. */
  private Slice poisoned(long bytes) {
    Slice slice = slice(bytes + Backend.ALIGNMENT);
    byte[] fill = new byte[(int) slice.bytes()];
    Arrays.fill(fill, (byte) 0xff);
    Arrays.fill(fill, (int) bytes, fill.length, GUARD);
    CpuMemory.bytes(slice).put(fill);
    return new Slice(slice.memory(), slice.offset(), bytes);
  }

  private void checkGuard(Slice slice) {
    byte[] behind = new byte[(int) Backend.ALIGNMENT];
    CpuMemory.bytes(new Slice(memory, slice.offset() + slice.bytes(), behind.length)).get(behind);
    byte[] wanted = new byte[behind.length];
    Arrays.fill(wanted, GUARD);
    assertThat(ByteBuffer.wrap(behind)).as("guard bytes").isEqualTo(ByteBuffer.wrap(wanted));
  }

  @Override
  public void close() {
    memory.close();
  }
}
