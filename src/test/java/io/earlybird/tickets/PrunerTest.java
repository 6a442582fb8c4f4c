package io.earlybird.tickets;

import static io.earlybird.golden.Closeness.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.models.StandardNetwork;
import io.earlybird.tensor.HostTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PrunerTest {
  private static final NetworkSpec CHAIN =
      NetworkSpec.of("vgg", Cfg.parse("6,M,8,M,7,9,M,8,8,M,7,6"), 10);
  private static final NetworkSpec RESIDUAL = NetworkSpec.of("resnet", 20, 10);

  private static void pruneTwice(NetworkSpec spec) {
    HostTensor pictures = RandomState.uniform(3, "pictures", -2, 2, 2, 32, 32, 3);
    Network network = Network.of(spec);
    Map<String, HostTensor> state = RandomState.of(network, 11);
    for (double ratio : new double[] {0.3, 0.5}) {
      ChannelMask mask = ChannelMask.of(network.scales(state), ratio);
      Map<String, HostTensor> masked = new Pruner(network, state, mask).masked(state);
      PruneResult pruned = Pruner.prune(network, state, mask);
      assertClose(
          spec.arch() + " " + ratio,
          Evaluation.logits(pruned.network(), pruned.state(), pictures),
          Evaluation.logits(network, masked, pictures));
      assertThat(channels(pruned.network())).isLessThan(channels(network));
      assertThat(pruned.kept().kept()).isEqualTo(mask.kept());
      network = pruned.network();
      state = new LinkedHashMap<>(pruned.state());
    }
  }

  private static int channels(Network network) {
    return network.parameters().stream().mapToInt(p -> p.shape().dim(0)).sum();
  }

  @Test
  void prunedIsMaskedAndAPrunedNetworkCanBePrunedAgain() {
    pruneTwice(CHAIN);
    pruneTwice(RESIDUAL);
  }

  @Test
  void aFreshMaskKeepsNothingAndStillLeavesANetwork() {
    StandardNetwork network = Network.of(CHAIN);
    Map<String, HostTensor> state = network.initialState(1);
    ChannelMask mask = ChannelMask.of(network.scales(state), 0.5);
    assertThat(mask.kept()).isZero();
    PruneResult pruned = Pruner.prune(network, state, mask);
    assertThat(network.widthsOf(pruned.state()))
        .hasToString("[1, 'M', 1, 'M', 1, 1, 'M', 1, 1, 'M', 1, 1]");
    assertThat(pruned.messages()).hasSize(8);
    assertThat(pruned.messages().get(0))
        .isEqualTo(
            "feature.1: no channel survives the mask; its strongest channel, 0, stays, since all"
                + " passes through it");
    assertThat(pruned.state().get("feature.1.weight"))
        .isEqualTo(HostTensor.of(new float[] {0.5f}, 1));
  }

  @Test
  void aChainKeepsItsStrongestChannel() {
    Network network = Network.of(CHAIN);
    Map<String, HostTensor> state = RandomState.of(network, 5);
    float[] scales = {1e-3f, -4e-3f, 4e-3f, 1e-4f, 0, 2e-3f};
    state.put("feature.1.weight", HostTensor.of(scales, 6));
    PruneResult pruned = Pruner.prune(network, state, ChannelMask.of(network.scales(state), 0.3));
    assertThat(pruned.widths().get(0)).isEqualTo(new PruneResult.LayerWidth("feature.1", 6, 1));
    assertThat(pruned.state().get("feature.1.weight"))
        .isEqualTo(HostTensor.of(new float[] {-4e-3f}, 1));
    assertThat(pruned.messages()).singleElement().asString().contains("channel, 1, stays");
  }

  @Test
  void aBranchWithoutSurvivorsIsCutToOneSilentChannel() {
    Network network = Network.of(RESIDUAL);
    Map<String, HostTensor> state = RandomState.of(network, 5);
    for (String dead : List.of("layer2.0.bn2", "layer2.1.bn1")) {
      RandomState.kill(state, 5, dead);
    }
    PruneResult pruned = Pruner.prune(network, state, ChannelMask.of(network.scales(state), 0.5));
    assertThat(pruned.state().get("layer2.0.bn2.weight"))
        .isEqualTo(HostTensor.of(new float[] {0}, 1));
    assertThat(pruned.network().selections().get(3).kept().toArray()).containsExactly(0);
    assertThat(pruned.messages())
        .containsExactly(
            "layer2.0.bn2: no channel survives the mask; channel 0 stays with scale and shift 0",
            "layer2.1.bn1: no channel survives the mask; channel 0 stays with scale and shift 0");
  }

  @Test
  void cuttingKeepsBitsAndRestartsCounters() {
    Network network = Network.of(CHAIN);
    Map<String, HostTensor> state = RandomState.of(network, 9);
    List<float[]> scales = new ArrayList<>(network.scales(state));
    scales.replaceAll(
        s -> {
          float[] ones = new float[s.length];
          Arrays.fill(ones, 1);
          return ones;
        });
    // Drops channel 2 of the second convolution only.
    scales.get(1)[2] = 0;
    PruneResult pruned = Pruner.prune(network, state, ChannelMask.of(scales, 0));
    float[] old = state.get("feature.8.weight").floats();
    float[] cut = pruned.state().get("feature.8.weight").floats();
    for (int o = 0; o < 7; o++) {
      for (int i = 0; i < 7; i++) {
        int from = (o * 8 + (i < 2 ? i : i + 1)) * 9;
        for (int k = 0; k < 9; k++) {
          assertThat(cut[(o * 7 + i) * 9 + k]).isEqualTo(old[from + k]);
        }
      }
    }
    assertThat(pruned.state().get("feature.0.weight")).isEqualTo(state.get("feature.0.weight"));
    assertThat(pruned.state().get("feature.1.num_batches_tracked"))
        .isEqualTo(HostTensor.scalar(0L));
    assertThat(state.get("feature.1.num_batches_tracked")).isEqualTo(HostTensor.scalar(7L));
  }

  @Test
  void refusesForeignMasksAndStates() {
    Network network = Network.of(CHAIN);
    Map<String, HostTensor> state = network.initialState(1);
    Network other = Network.of(RESIDUAL);
    ChannelMask foreign = ChannelMask.of(other.scales(other.initialState(1)), 0.5);
    assertThatThrownBy(() -> Pruner.prune(network, state, foreign))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("does not fit vgg11");
    ChannelMask mask = ChannelMask.of(network.scales(state), 0.5);
    assertThatThrownBy(() -> Pruner.prune(network, other.initialState(1), mask))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith("feature.0.weight is missing");
  }
}
