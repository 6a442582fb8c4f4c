package io.earlybird.tickets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.tensor.HostTensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CriterionTest {
  private static final Network VGG =
      Network.of(NetworkSpec.of("vgg", Cfg.of(4, "M", 6, "M", 8, "M", 8, "M", 8), 10));
  private static final Network RESNET = Network.of(NetworkSpec.of("resnet", 11, 10));

  @Test
  void byScaleIsThePapersMask() {
    Map<String, HostTensor> state = new HashMap<>(VGG.initialState(1));
    String scales = VGG.batchNorms().get(1).weight().name();
    state.put(scales, HostTensor.of(new float[] {1, -2, 3, -4, 5, 6}, 6));
    assertThat(Criterion.SCALE.mask(VGG, state, 0.5, 9))
        .isEqualTo(ChannelMask.of(VGG.scales(state), 0.5));
  }

  @Test
  void everyCriterionPrunesTheSameNumber() {
    for (Network network : List.of(VGG, RESNET)) {
      Map<String, HostTensor> state = network.initialState(1);
      for (Criterion criterion : List.of(Criterion.MAGNITUDE, Criterion.RANDOM)) {
        ChannelMask mask = criterion.mask(network, state, 0.3, 1);
        int total = mask.size();
        assertThat(mask.kept()).isEqualTo(total - (int) (total * 0.3) - 1);
        PruneResult pruned = Pruner.prune(network, state, mask);
        pruned.network().checkState(pruned.state());
      }
    }
  }

  @Test
  void aRandomMaskDependsOnItsSeedAlone() {
    Map<String, HostTensor> a = VGG.initialState(1);
    Map<String, HostTensor> b = VGG.initialState(2);
    ChannelMask mask = Criterion.RANDOM.mask(VGG, a, 0.5, 7);
    assertThat(Criterion.RANDOM.mask(VGG, b, 0.5, 7)).isEqualTo(mask);
    assertThat(Criterion.RANDOM.mask(VGG, a, 0.5, 8)).isNotEqualTo(mask);
  }

  @Test
  void magnitudeIsThatOfTheWeightsThatReadTheChannel() {
    Map<String, HostTensor> state = new HashMap<>(VGG.initialState(1));
    // Channel 2 of the first layer is read by input 2 of the second convolution.
    HostTensor weight = state.get("feature.4.weight");
    assertThat(weight.shape().dim(1)).isEqualTo(4);
    float[] values = weight.floats();
    for (int i = 0; i < values.length; i++) {
      boolean second = i / 9 % 4 == 2;
      values[i] = second ? -5 : 1e-3f;
    }
    state.put("feature.4.weight", HostTensor.of(values, 6, 4, 3, 3));
    boolean[] first = Criterion.MAGNITUDE.mask(VGG, state, 0.5, 0).layer(0);
    assertThat(first).containsExactly(false, false, true, false);
  }

  @Test
  void aRatioOutOfRangeIsRefused() {
    assertThatThrownBy(() -> Criterion.RANDOM.mask(VGG, VGG.initialState(1), 1, 0))
        .isInstanceOf(EarlybirdException.class);
  }
}
