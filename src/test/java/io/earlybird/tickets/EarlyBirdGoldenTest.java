package io.earlybird.tickets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.Npy;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Masks, distances, overlaps and the drawing epoch against recorded searches, exactly. */
class EarlyBirdGoldenTest {
  private static final double ROUNDING = 1e-12;

  @TestFactory
  Stream<DynamicTest> earlyBird() {
    return GoldenRegistry.tests(getClass(), "earlybird", this::check);
  }

  private void check(GoldenCase c) {
    int[] sizes = new int[c.meta().required("layer_sizes").size()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = c.meta().get("layer_sizes").get(i).asInt();
    }
    List<float[]> scales = rows(c.npy("gammas.npy"));
    assertThat(scales).hasSize(c.meta().required("epochs").asInt());
    assertThat(c.meta().required("percents")).isNotEmpty();
    for (Map.Entry<String, JsonNode> percent : c.meta().get("percents").properties()) {
      checkRatio(c, sizes, scales, percent.getKey(), percent.getValue());
    }
    assertThatThrownBy(() -> ChannelMask.of(layers(scales.get(0), sizes), 1))
        .isInstanceOf(EarlybirdException.class);
  }

  private void checkRatio(
      GoldenCase c, int[] sizes, List<float[]> scales, String percent, JsonNode expected) {
    double ratio = Double.parseDouble(percent);
    EarlyBirdDetector detector =
        new EarlyBirdDetector(
            new EarlyBirdDetector.Settings(
                ratio,
                c.meta().required("distance_limit").asDouble(),
                c.meta().required("epoch_keep").asInt(),
                EarlyBirdDetector.Rule.QUEUE));
    List<float[]> recordedMasks = rows(c.npy("p" + percent + ".masks.npy"));
    double[] recordedDistances = c.npy("p" + percent + ".dists.npy").doubles();
    List<ChannelMask> masks = new ArrayList<>();
    for (int epoch = 0; epoch < scales.size(); epoch++) {
      String at = c.name() + " p " + percent + " epoch " + epoch;
      ChannelThreshold threshold = ChannelThreshold.of(scales.get(epoch), ratio);
      assertThat(threshold.value())
          .as(at)
          .isEqualTo((float) expected.required("thresholds").get(epoch).asDouble());
      EarlyBirdDetector.Observation seen =
          detector.observe(epoch, layers(scales.get(epoch), sizes));
      ChannelMask mask = detector.newest();
      masks.add(mask);
      assertThat(floats(mask)).as(at).isEqualTo(recordedMasks.get(epoch));
      assertThat(mask.kept()).as(at).isEqualTo(expected.required("remaining").get(epoch).asInt());
      int older = seen.distances().length;
      assertThat(seen.distances())
          .as(at)
          .containsExactly(
              Arrays.copyOfRange(recordedDistances, epoch * older, (epoch + 1) * older),
              within(ROUNDING));
      assertThat(seen.settled())
          .as(at)
          .isEqualTo(expected.required("returned").get(epoch).asBoolean());
      detector = new EarlyBirdDetector(detector.settings(), detector.state());
    }
    checkDrawn(detector, expected);
    if (c.has("p" + percent + ".overlap.npy")) {
      checkOverlap(masks, c.npy("p" + percent + ".overlap.npy").doubles());
    }
  }

  private static void checkDrawn(EarlyBirdDetector detector, JsonNode expected) {
    JsonNode first = expected.required("first_true_epoch_index");
    assertThat(detector.drawnEpoch().isPresent()).isEqualTo(!first.isNull());
    if (!first.isNull()) {
      int epoch = detector.drawnEpoch().getAsInt();
      assertThat(epoch).isEqualTo(first.asInt());
      assertThat(EarlyBirdDetector.ticketName(detector.settings().ratio(), epoch))
          .isEqualTo(expected.required("checkpoint_name_part").asText());
    }
  }

  private static void checkOverlap(List<ChannelMask> masks, double[] recorded) {
    double[][] overlap = MaskDistance.overlapMatrix(masks);
    double[] flat = Arrays.stream(overlap).flatMapToDouble(Arrays::stream).toArray();
    assertThat(flat).containsExactly(recorded, within(ROUNDING));
  }

  private static float[] floats(ChannelMask mask) {
    byte[] bytes = mask.bytes();
    float[] floats = new float[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      floats[i] = bytes[i];
    }
    return floats;
  }

  private static List<float[]> rows(Npy matrix) {
    float[] all = matrix.floats();
    int columns = matrix.shape()[1];
    List<float[]> rows = new ArrayList<>();
    for (int i = 0; i < all.length; i += columns) {
      rows.add(Arrays.copyOfRange(all, i, i + columns));
    }
    return rows;
  }

  private static List<float[]> layers(float[] scales, int[] sizes) {
    List<float[]> layers = new ArrayList<>();
    int at = 0;
    for (int size : sizes) {
      layers.add(Arrays.copyOfRange(scales, at, at + size));
      at += size;
    }
    return layers;
  }
}
