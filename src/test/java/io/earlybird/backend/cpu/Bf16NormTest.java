package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.BatchNormInferenceRelu;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluBackward;
import io.earlybird.tensor.op.BatchNormReluBackwardAdd;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Batch norm of bf16 rows has the statistics of fp32 ones to the last bit, and their results,
 * rounded.
 */
class Bf16NormTest {
  private static final float EPSILON = 1e-5f;

  /** Rows that fill pairs of vectors or not, folded and wide ones, and results beyond the cache. */
  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "7, 17",
    "33, 64",
    "513, 45",
    "300, 130",
    "70, 1030",
    "5000, 16",
    "131, 256",
    "1001, 96",
    "9, 2100",
    "70000, 64",
    "14000, 327",
    "300, 4096"
  })
  void resultsAreThoseOfFp32Rounded(int rows, int c) {
    List<Channels> all = new ArrayList<>();
    all.add(null);
    if (c > 1) {
      all.add(Channels.of(IntStream.range(0, c).filter(i -> i % 7 != 2).toArray()));
      all.add(Channels.of(IntStream.range(0, c).filter(i -> i % 61 == 1).toArray()));
    }
    HostTensor x = images(1, rows, c);
    HostTensor gamma = KernelRunner.normal(2, c);
    HostTensor beta = KernelRunner.normal(3, c);
    List<HostTensor> statistics =
        KernelRunner.run(2, new BatchNorm(EPSILON), List.of(x, gamma, beta)).subList(1, 3);
    HostTensor mean = statistics.get(0);
    HostTensor variance = statistics.get(1);
    HostTensor dy = images(4, rows, c);
    check(BatchNormKernels::forward, new BatchNorm(EPSILON), 1, x, gamma, beta);
    check(
        BatchNormKernels::inference,
        new BatchNormInference(EPSILON),
        1,
        x,
        gamma,
        beta,
        mean,
        variance);
    check(
        BatchNormKernels::backward,
        new BatchNormBackward(EPSILON),
        2,
        x,
        dy,
        mean,
        variance,
        gamma);
    for (Channels kept : all) {
      HostTensor d = kept == null ? dy : images(5, rows, kept.count());
      check(BatchNormKernels::forwardRelu, new BatchNormRelu(EPSILON, kept), 1, x, gamma, beta);
      check(
          BatchNormKernels::inferenceRelu,
          new BatchNormInferenceRelu(EPSILON, kept),
          1,
          x,
          gamma,
          beta,
          mean,
          variance);
      check(
          BatchNormKernels::backwardRelu,
          new BatchNormReluBackward(EPSILON, kept),
          2,
          x,
          d,
          mean,
          variance,
          gamma,
          beta);
      check(
          BatchNormKernels::backwardReluAdd,
          new BatchNormReluBackwardAdd(EPSILON, kept),
          3,
          x,
          d,
          dy,
          mean,
          variance,
          gamma,
          beta);
    }
  }

  /**
   * Deviates around 0.5 that bf16 holds; NaN, infinities, zeros and subnormal numbers among
   * gradients.
   */
  private static HostTensor images(int seed, int rows, int c) {
    double[] values = KernelRunner.around(0.5, 1, seed, rows, c).doubles();
    double[] special = {Double.NaN, Double.POSITIVE_INFINITY, -0.0, 0x1p-130, 0x1.fp127};
    for (int i = 0; i < values.length; i++) {
      values[i] = Bf16Memory.rounded(values[i]);
    }
    for (int i = 0; seed > 3 && i < special.length; i++) {
      // In columns of their own, so that the sums of others are finite.
      values[(i * 37 + 5) % values.length / c * c + (i + 1) % c] = special[i];
    }
    return HostTensor.ofDoubles(TensorSpec.f32(rows, c), values);
  }

  private static void check(
      BiFunction<KernelRequest, DType, Kernel> maker, Op op, int activations, HostTensor... in) {
    List<HostTensor> inputs = List.of(in);
    List<HostTensor> wide = KernelRunner.run(2, op, inputs);
    List<TensorSpec> specs = inputs.stream().map(HostTensor::spec).toList();
    try (CpuBackend backend = new CpuBackend(2);
        OneOp one = new OneOp(backend, (4L << 20) + 40 * inputs.get(0).spec().size());
        Kernel kernel = maker.apply(OneOp.request(op, specs), DType.BF16)) {
      assertThat(kernel.inputForms().stream().filter(f -> f.element() == DType.BF16))
          .hasSize(activations);
      List<HostTensor> narrow = one.run(kernel, op, inputs);
      for (int r = 1; r < wide.size(); r++) {
        assertThat(narrow.get(r).doubles())
            .as("%s, result %s", op, r)
            .isEqualTo(wide.get(r).doubles());
      }
      double[] rounded = Arrays.stream(wide.get(0).doubles()).map(Bf16NormTest::rounded).toArray();
      assertThat(narrow.get(0).doubles()).as("%s", op).isEqualTo(rounded);
    }
  }

  private static double rounded(double value) {
    return Double.isNaN(value) || Double.isInfinite(value) ? value : Bf16Memory.rounded(value);
  }
}
