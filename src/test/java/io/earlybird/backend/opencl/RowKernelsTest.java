package io.earlybird.backend.opencl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Program;
import io.earlybird.backend.Slice;
import io.earlybird.backend.reference.ReferenceOps;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.BatchNormInferenceRelu;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluBackward;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SelectBackward;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Kernels that walk over rows of channels: wider rows than verify draws, and any way to do it. */
class RowKernelsTest {
  private static final float EPSILON = 1e-5f;

  /** An op and its operands. */
  private record Case(Op op, List<HostTensor> inputs) {
    static Case of(Op op, HostTensor... inputs) {
      return new Case(op, List.of(inputs));
    }

    List<TensorSpec> specs() {
      return inputs.stream().map(HostTensor::spec).toList();
    }
  }

  /** Rows that end within vectors, groups of channels that end within vectors, few and no gaps. */
  @ParameterizedTest
  @CsvSource({
    "37, 5, 2",
    "37, 45, 2",
    "530, 64, 2",
    "33, 64, 9",
    "70, 1056, 3",
    "35, 1030, 2",
    "3, 70001, 2"
  })
  void theSameBitsHoweverTheyAreSpread(int rows, int channels, int gap) {
    assumeThat(OpenClBackend.probe().reason()).as("no OpenCL device").isEmpty();
    OpenClDevice device = OpenClBackend.device(0);
    try (OpenClBackend processor = new OpenClBackend(device, Spread.PROCESSOR, Map.of());
        OpenClBackend streaming =
            new OpenClBackend(device, Spread.PROCESSOR.withStreamBytes(0), Map.of());
        OpenClBackend gpu = new OpenClBackend(device, Spread.GPU, Map.of())) {
      for (Case c : cases(rows, channels, gap)) {
        List<HostTensor> expected = run(processor, c, false);
        assertThat(run(processor, c, true)).as("%s in place", c.op).isEqualTo(expected);
        assertThat(run(streaming, c, false)).as("%s past the caches", c.op).isEqualTo(expected);
        assertThat(run(gpu, c, false)).as("%s as on GPUs", c.op).isEqualTo(expected);
        if (hasNoSums(c.op)) {
          assertThat(expected)
              .as("%s by the reference", c.op)
              .isEqualTo(ReferenceOps.evaluate(c.op, c.inputs, DType.F32).outputs());
        }
      }
    }
  }

  private static boolean hasNoSums(Op op) {
    return op instanceof Select
        || op instanceof SelectBackward
        || op instanceof BatchNormInferenceRelu;
  }

  private static List<Case> cases(int rows, int channels, int gap) {
    Channels kept =
        Channels.of(IntStream.range(0, channels).filter(i -> i * i % 11 % gap == 0).toArray());
    HostTensor x = random(1, rows, channels);
    HostTensor dy = random(2, rows, channels);
    HostTensor few = random(3, rows, kept.count());
    HostTensor gamma = random(4, channels);
    HostTensor beta = random(5, channels);
    HostTensor mean = random(6, channels);
    HostTensor variance = random(7, channels);
    for (int i = 0; i < channels; i++) {
      variance.buffer().putFloat(4 * i, Math.abs(variance.floats()[i]));
    }
    return List.of(
        Case.of(new Select(kept), x),
        Case.of(new SelectBackward(kept, channels), few),
        Case.of(new BatchNormInferenceRelu(EPSILON, null), x, gamma, beta, mean, variance),
        Case.of(new BatchNormInferenceRelu(EPSILON, kept), x, gamma, beta, mean, variance),
        Case.of(new BatchNorm(EPSILON), x, gamma, beta),
        Case.of(new BatchNormRelu(EPSILON, kept), x, gamma, beta),
        Case.of(new BatchNormBackward(EPSILON), x, dy, mean, variance, gamma),
        Case.of(new BatchNormReluBackward(EPSILON, null), x, dy, mean, variance, gamma, beta),
        Case.of(new BatchNormReluBackward(EPSILON, kept), x, few, mean, variance, gamma, beta));
  }

  private static HostTensor random(long seed, int... dims) {
    TensorSpec spec = TensorSpec.f32(dims);
    return HostTensor.ofDoubles(spec, new Random(seed).doubles(spec.size(), -1, 1).toArray());
  }

  /** Results of one run; `over` writes them over operands where the kernel allows that. */
  private static List<HostTensor> run(OpenClBackend backend, Case c, boolean over) {
    List<TensorSpec> results = c.op.infer(c.specs());
    List<Form> forms = c.specs().stream().map(Form::plain).toList();
    List<Memory> memories = new ArrayList<>();
    try (Kernel kernel = backend.prepare(new KernelRequest(c.op, c.specs(), results, forms))) {
      List<Slice> inputs = new ArrayList<>();
      for (HostTensor input : c.inputs) {
        Slice slice = slice(backend, Form.plain(input.spec()).bytes(), memories);
        backend.write(slice, input);
        inputs.add(slice);
      }
      List<Slice> outputs = new ArrayList<>();
      for (int i = 0; i < results.size(); i++) {
        outputs.add(
            over && kernel.mayOverwrite(i, 0)
                ? inputs.get(0)
                : slice(backend, Form.plain(results.get(i)).bytes(), memories));
      }
      Slice scratch = slice(backend, Math.max(1, kernel.scratchBytes()), memories);
      try (Program program = backend.program(List.of(kernel.bind(inputs, outputs, scratch)))) {
        program.run();
      }
      List<HostTensor> values = new ArrayList<>();
      for (int i = 0; i < results.size(); i++) {
        values.add(backend.read(outputs.get(i), results.get(i)));
      }
      return values;
    } finally {
      memories.forEach(Memory::close);
    }
  }

  private static Slice slice(OpenClBackend backend, long bytes, List<Memory> memories) {
    Memory memory = backend.allocate(bytes + Backend.ALIGNMENT, "a test");
    memories.add(memory);
    return new Slice(memory, Backend.ALIGNMENT, bytes);
  }
}
