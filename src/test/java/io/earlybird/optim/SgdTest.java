package io.earlybird.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ForwardPass;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.AddSign;
import java.util.List;
import org.junit.jupiter.api.Test;

class SgdTest {
  private final Network network =
      Network.of(NetworkSpec.of("vgg", Cfg.parse("4,M,6,M,5,5,M,4,4,M,3,3"), 10));
  private final List<Variable> scales =
      network.batchNorms().stream().map(BatchNorm2d::weight).toList();

  private Sgd.Step step(float sparsity) {
    Tensor x = Tensor.placeholder("x", network.inputSpec(2));
    Tensor labels = Tensor.placeholder("labels", TensorSpec.of(DType.I32, 2));
    Tensor loss = network.forward(x, ForwardPass.training()).softmaxCrossEntropy(labels).output(0);
    return new Sgd(network.parameters(), scales, new Sgd.Settings(0.9f, 1e-4f, sparsity))
        .step(loss);
  }

  @Test
  void everyParameterAndItsMomentumIsAssigned() {
    Sgd.Step step = step(1e-4f);
    assertThat(step.gradients()).containsOnlyKeys(network.parameters());
    assertThat(step.assigns()).hasSize(2 * network.parameters().size());
    assertThat(step.assigns().get(1).variable())
        .hasToString("momentum.feature.0.weight:f32[4,3,3,3]");
  }

  @Test
  void theSparsityTermIsForScalesOnly() {
    Sgd.Step step = step(1e-4f);
    for (Variable p : network.parameters()) {
      Tensor after = step.regularized().get(p);
      if (scales.contains(p)) {
        assertThat(after.node().op()).isEqualTo(new AddSign(1e-4f));
        assertThat(after.node().inputs()).containsExactly(step.gradients().get(p), p.read());
      } else {
        assertThat(after).isSameAs(step.gradients().get(p));
      }
    }
    Sgd.Step without = step(0);
    assertThat(without.regularized()).isEqualTo(without.gradients());
  }

  @Test
  void refusesALossThatMissesAParameter() {
    Variable a = Variable.parameter("a", 1);
    Variable b = Variable.parameter("b", 1);
    Sgd sgd = new Sgd(List.of(a, b), List.of(), new Sgd.Settings(0.9f, 0, 0));
    assertThatThrownBy(() -> sgd.step(a.read().relu()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the loss does not depend on b:f32[1]");
  }
}
