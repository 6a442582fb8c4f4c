package io.earlybird.backend.reference;

import static io.earlybird.backend.reference.Values.doubles;
import static io.earlybird.backend.reference.Values.floats;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.backend.reference.ReferenceOps.Result;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluBackward;
import io.earlybird.tensor.op.Channels;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchNormKernelsTest {
  private static final float EPSILON = 1e-5f;

  @Test
  void normalizesEachChannelByItsBatchStatistics() {
    HostTensor x = doubles(1, 2, 3, 3, 5);
    HostTensor gamma = doubles(2, 5);
    HostTensor beta = doubles(3, 5);
    Result r = ReferenceOps.evaluate(new BatchNorm(EPSILON), List.of(x, gamma, beta), DType.F64);
    for (int c = 0; c < 5; c++) {
      double mean = 0;
      double square = 0;
      for (int row = 0; row < 18; row++) {
        mean += x.get(row * 5 + c) / 18;
        square += x.get(row * 5 + c) * x.get(row * 5 + c) / 18;
      }
      double variance = square - mean * mean;
      assertThat(r.outputs().get(1).get(c)).isCloseTo(mean, within(1e-12));
      assertThat(r.outputs().get(2).get(c)).isCloseTo(variance, within(1e-12));
      double y = gamma.get(c) * (x.get(35 + c) - mean) / Math.sqrt(variance + EPSILON);
      assertThat(r.outputs().get(0).get(35 + c)).isCloseTo(y + beta.get(c), within(1e-10));
    }
  }

  @Test
  void theApplyStepIsPinnedToTheBit() {
    HostTensor x = floats(1, 7, 3);
    List<HostTensor> in =
        List.of(
            x, floats(2, 3), floats(3, 3), floats(4, 3), HostTensor.of(new float[] {1, 2, 0}, 3));
    float[] y =
        ReferenceOps.evaluate(new BatchNormInference(EPSILON), in, DType.F32)
            .outputs()
            .get(0)
            .floats();
    for (int i = 0; i < y.length; i++) {
      int c = i % 3;
      float invstd = (float) (1 / Math.sqrt(in.get(4).get(c) + EPSILON));
      float scale = invstd * (float) in.get(1).get(c);
      float expected =
          ((float) x.get(i) - (float) in.get(3).get(c)) * scale + (float) in.get(2).get(c);
      assertThat(y[i]).isEqualTo(expected);
    }
  }

  @Test
  void fusedOpsEqualTheirConstituents() {
    Channels kept = Channels.of(0, 2);
    HostTensor x = floats(1, 6, 4);
    HostTensor gamma = floats(2, 4);
    HostTensor beta = floats(3, 4);
    Result fused =
        ReferenceOps.evaluate(new BatchNormRelu(EPSILON, kept), List.of(x, gamma, beta), DType.F32);
    Result single =
        ReferenceOps.evaluate(new BatchNorm(EPSILON), List.of(x, gamma, beta), DType.F32);
    for (int i = 0; i < 12; i++) {
      int from = i / 2 * 4 + kept.get(i % 2);
      assertThat(fused.outputs().get(0).get(i))
          .isEqualTo(Math.max(single.outputs().get(0).get(from), 0));
      assertThat(fused.magnitudes().get(0)[i]).isEqualTo(single.magnitudes().get(0)[from]);
    }
    assertThat(fused.terms()).containsExactly(6, 6, 6);

    Result back =
        ReferenceOps.evaluate(
            new BatchNormReluBackward(EPSILON, kept),
            List.of(
                x, floats(4, 6, 2), single.outputs().get(1), single.outputs().get(2), gamma, beta),
            DType.F32);
    assertThat(back.outputs().get(2).get(1)).as("dbeta of a dropped channel").isZero();
    assertThat(back.terms()).containsExactly(6, 6, 6);
  }
}
