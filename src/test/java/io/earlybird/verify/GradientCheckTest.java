package io.earlybird.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormRelu;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GradientCheckTest {
  private static HostTensor values(long seed, int... dims) {
    TensorSpec spec = TensorSpec.of(DType.F64, dims);
    return HostTensor.ofDoubles(spec, new Random(seed).doubles(spec.size(), -1, 1).toArray());
  }

  /** Two branches, a shared operand, an operand used twice, a loss that is not a scalar. */
  @Test
  void aNetworkWithAResidualBranchAgrees() {
    Function<List<Tensor>, Tensor> network =
        t -> {
          Tensor x = t.get(0).conv2d(t.get(1), 1, 1);
          Tensor y = x.batchNorm(t.get(2), t.get(3), 1e-5f).output(0).relu();
          Tensor sum = y.conv2d(t.get(1), 1, 1).add(x).add(x);
          Tensor flat = sum.maxPool2d(2, 2, 0).avgPool2d(2, 2).reshape(2, 3);
          return flat.linear(t.get(4), t.get(5)).softmaxCrossEntropy(t.get(6)).output(0);
        };
    List<HostTensor> inputs =
        List.of(
            values(1, 2, 4, 4, 3),
            values(2, 3, 3, 3, 3),
            values(3, 3),
            values(4, 3),
            values(5, 4, 3),
            values(6, 4),
            HostTensor.of(new int[] {3, 0}, 2));
    GradientCheck check = new GradientCheck(inputs, network, 1);
    assertThat(check.run()).isNull();
    assertThat(check.worstShare()).isBetween(0., 1.);
  }

  /** Within a step of the kink, differences give one half where the gradient is one. */
  @Test
  void aDifferenceIsReportedWithItsPlace() {
    HostTensor x = HostTensor.ofDoubles(TensorSpec.of(DType.F64, 3), new double[] {1, -1, 1e-9});
    GradientCheck check = new GradientCheck(List.of(x), t -> t.get(0).relu(), 1);
    assertThat(check.run()).startsWith("gradient of operand 0 at [2] is ");
    assertThat(check.worstShare()).isGreaterThan(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void fusedNormAgrees(int seed) {
    OpCase made = GradientCases.make(BatchNormRelu.class, new CaseRandom(seed, false, false));
    GradientCheck check =
        new GradientCheck(made.inputs(), t -> GradientCases.graph(made.op(), t), seed);
    assertThat(check.run()).isNull();
  }
}
