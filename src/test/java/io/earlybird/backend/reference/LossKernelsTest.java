package io.earlybird.backend.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.backend.reference.ReferenceOps.Result;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.CountMetrics;
import io.earlybird.tensor.op.SoftmaxCrossEntropy;
import io.earlybird.tensor.op.SoftmaxCrossEntropyBackward;
import java.util.List;
import org.junit.jupiter.api.Test;

class LossKernelsTest {
  private static final HostTensor LABELS = HostTensor.of(new int[] {2, 0}, 2);

  @Test
  void lossIsTheMeanNegativeLogProbability() {
    HostTensor logits = HostTensor.of(new float[] {1, 2, 3, 0, 0, 0}, 2, 3);
    Result r = ReferenceOps.evaluate(new SoftmaxCrossEntropy(), List.of(logits, LABELS), DType.F64);
    double third = Math.exp(3) / (Math.exp(1) + Math.exp(2) + Math.exp(3));
    assertThat(r.outputs().get(0).get(0))
        .isCloseTo((-Math.log(third) + Math.log(3)) / 2, within(1e-12));
    assertThat(r.outputs().get(1).get(2)).isCloseTo(third, within(1e-12));
    HostTensor dloss = HostTensor.scalar(2f);
    Result back =
        ReferenceOps.evaluate(
            new SoftmaxCrossEntropyBackward(),
            List.of(r.outputs().get(1), LABELS, dloss),
            DType.F64);
    assertThat(back.outputs().get(0).get(2)).isCloseTo(third - 1, within(1e-12));
    assertThat(back.outputs().get(0).get(4)).isCloseTo(1 / 3., within(1e-12));
  }

  @Test
  void lossStaysFiniteWhereTheProbabilityUnderflows() {
    HostTensor logits = HostTensor.of(new float[] {1000, 0, -1000, 0, 1, 2}, 2, 3);
    Result r = ReferenceOps.evaluate(new SoftmaxCrossEntropy(), List.of(logits, LABELS), DType.F32);
    assertThat(r.outputs().get(0).get(0)).isCloseTo(1001.2038, within(1e-3));
    assertThat(r.outputs().get(1).floats()).startsWith(1, 0, 0);
    assertThat(r.magnitudes().get(0)).doesNotContain(Double.NaN);
    assertThat(r.magnitudes().get(1)).doesNotContain(Double.NaN);
  }

  @Test
  void metricsCountImagesBatchesHitsAndTheFirstBadStep() {
    float nan = Float.NaN;
    HostTensor logits =
        HostTensor.of(
            new float[] {
              1,
              0,
              0,
              0,
              0,
              0,
              0, // label 0 first
              3,
              3,
              0,
              0,
              0,
              0,
              0, // label 1 ties with class 0: second
              9,
              8,
              7,
              6,
              5,
              4,
              0, // label 5 sixth
              nan,
              1,
              nan,
              0,
              0,
              0,
              0, // label 1: NaN is not larger
              nan,
              1,
              1,
              0,
              0,
              0,
              0 // label 0: never counts
            },
            5,
            7);
    HostTensor counters =
        HostTensor.ofDoubles(
            TensorSpec.of(DType.F64, CountMetrics.SIZE), new double[] {1, 2, 1, 1, 1, 0});
    HostTensor labels = HostTensor.of(new int[] {0, 1, 5, 1, 0}, 5);
    List<HostTensor> in =
        List.of(counters, logits, labels, HostTensor.scalar(0.5f), HostTensor.scalar(8L));
    HostTensor next = ReferenceOps.evaluate(new CountMetrics(), in, DType.F32).outputs().get(0);
    assertThat(next.doubles()).containsExactly(3.5, 7, 3, 4, 2, 0);
    List<HostTensor> bad =
        List.of(next, logits, labels, HostTensor.scalar(nan), HostTensor.scalar(9L));
    HostTensor third = ReferenceOps.evaluate(new CountMetrics(), bad, DType.F32).outputs().get(0);
    assertThat(third.get(CountMetrics.FIRST_NON_FINITE)).isEqualTo(10);
    List<HostTensor> later =
        List.of(third, logits, labels, HostTensor.scalar(nan), HostTensor.scalar(10L));
    HostTensor last = ReferenceOps.evaluate(new CountMetrics(), later, DType.F32).outputs().get(0);
    assertThat(last.get(CountMetrics.FIRST_NON_FINITE)).isEqualTo(10);
  }
}
