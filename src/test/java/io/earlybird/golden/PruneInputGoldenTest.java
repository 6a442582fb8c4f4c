package io.earlybird.golden;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.tickets.ChannelMask;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The inputs of recorded prunings, put together here, give the recorded thresholds and masks. */
class PruneInputGoldenTest {
  private static final Set<String> KINDS =
      Set.of(
          "prune/vgg",
          "prune/vgg-own-inputs",
          "prune/vgg-lowprecision",
          "prune/preresnet",
          "prune/preresnet-rewind");

  @TestFactory
  Stream<DynamicTest> thresholdsAndMasks() {
    return GoldenRegistry.cases().stream()
        .filter(c -> KINDS.contains(c.kind()) && c.has(".masks.npy"))
        .map(c -> DynamicTest.dynamicTest("input of " + c.name(), () -> check(c)));
  }

  private static void check(GoldenCase c) {
    Map<String, GoldenTensor> state = PruneInput.state(c);
    List<float[]> scales =
        PruneInput.scales(state).stream().map(k -> state.get(k).floats()).toList();
    ChannelMask mask = ChannelMask.of(scales, PruneInput.ratio(c));
    JsonNode result = c.json(".json");
    byte[] recorded = c.npy(".masks.npy").bytes();
    assertThat(mask.layerSizes()).isEqualTo(Bundle.ints(result.required("mask_sizes")));
    int at = 0;
    for (int layer = 0; layer < mask.layers(); layer++) {
      boolean[] kept = mask.layer(layer);
      boolean residualWithoutSurvivors =
          c.kind().contains("preresnet") && mask.keptInLayer(layer).length == 0;
      for (int i = 0; i < kept.length; i++) {
        boolean expected = kept[i] || (residualWithoutSurvivors && i == 0);
        assertThat(recorded[at++] == 1).as("layer %d channel %d", layer, i).isEqualTo(expected);
      }
    }
  }
}
