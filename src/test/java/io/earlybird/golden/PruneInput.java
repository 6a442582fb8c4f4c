package io.earlybird.golden;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.tickets.ChannelThreshold;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The network that a recorded pruning began with.
 *
 * <p>Its tensors come from the result's own bundle, from the folder's bundle or from the generator.
 * Two results of a folder began with changed batch-norm scales that were not recorded; the recorded
 * threshold, masks and check sums determine them: with masks that are all zero every scale equals
 * the threshold, otherwise the layers that kept a single channel had scales next to zero, of the
 * same signs (those survive in the signed zeros of the pruned network).
 */
public final class PruneInput {
  private PruneInput() {}

  /** The input network's state, plain keys in order. */
  public static Map<String, GoldenTensor> state(GoldenCase c) {
    Map<String, GoldenTensor> state = new LinkedHashMap<>(recorded(c));
    JsonNode result = c.json(".json");
    boolean plain = result.has("threshold") && !result.has("protective_thresholds");
    if (!plain || thresholdOf(c, state) == threshold(result)) {
      return state;
    }
    byte[] masks = c.npy(".masks.npy").bytes();
    boolean allEqual = count(masks, 0, masks.length) == 0;
    int at = 0;
    for (String layer : scales(state)) {
      GoldenTensor scale = state.get(layer);
      if (!hasMask(layer)) {
        if (isSavedAsZeros(result, layer)) {
          state.put(layer, nearZero(scale));
        }
        continue;
      }
      if (allEqual) {
        state.put(layer, filled(scale, threshold(result)));
      } else if (count(masks, at, at + scale.size()) == 1) {
        state.put(layer, nearZero(scale));
      }
      at += scale.size();
    }
    if (thresholdOf(c, state) != threshold(result)) {
      throw new IllegalStateException(c + ": the recorded threshold does not fit its input");
    }
    return state;
  }

  /** The masks of the ImageNet networks' downsampling batch norms were applied, not recorded. */
  private static boolean hasMask(String scale) {
    return !scale.contains("downsample");
  }

  private static boolean isSavedAsZeros(JsonNode result, String key) {
    for (JsonNode entry : result.required("saved_state")) {
      if (entry.required("name").asText().equals(key)) {
        return entry.required("abssum").asDouble() == 0;
      }
    }
    throw new IllegalStateException(key + " is not recorded");
  }

  /** The keys of the batch-norm scales, in the network's order. */
  public static List<String> scales(Map<String, GoldenTensor> state) {
    List<String> keys = new ArrayList<>();
    for (String key : state.keySet()) {
      if (key.endsWith(".running_mean")) {
        keys.add(key.replace(".running_mean", ".weight"));
      }
    }
    return keys;
  }

  /** The recorded threshold, exactly. */
  public static float threshold(JsonNode result) {
    return Float.intBitsToFloat(Integer.decode(result.required("threshold_bits").asText()));
  }

  /**
   * The pruning ratio: recorded, in the file's name, or any ratio that gives the recorded index.
   */
  public static double ratio(GoldenCase c) {
    JsonNode result = c.json(".json");
    if (result.has("percent")) {
      return result.get("percent").asDouble();
    }
    int p = c.stem().lastIndexOf('p');
    if (c.stem().substring(p + 1).matches("\\d+(\\.\\d+)?")) {
      return Double.parseDouble(c.stem().substring(p + 1));
    }
    return (result.required("thre_index").asInt() + 0.5) / result.required("total").asInt();
  }

  private static Map<String, GoldenTensor> recorded(GoldenCase c) {
    if (c.hasBundle(".input")) {
      return c.bundle(".input").tensors();
    }
    if (c.dir().resolve("input.bundle.json").toFile().exists()) {
      return Bundle.read(c.dir(), "input").tensors();
    }
    JsonNode checks = c.meta().required("input_state_checks");
    String prefix = c.meta().path("key_prefix").asText();
    return GeneratedState.fill(c.seed(), GeneratedState.shapes(checks, prefix));
  }

  private static float thresholdOf(GoldenCase c, Map<String, GoldenTensor> state) {
    List<float[]> layers = scales(state).stream().map(k -> state.get(k).floats()).toList();
    float[] all = new float[layers.stream().mapToInt(l -> l.length).sum()];
    int at = 0;
    for (float[] layer : layers) {
      System.arraycopy(layer, 0, all, at, layer.length);
      at += layer.length;
    }
    return ChannelThreshold.of(all, ratio(c)).value();
  }

  private static int count(byte[] masks, int from, int to) {
    int ones = 0;
    for (int i = from; i < to; i++) {
      ones += masks[i];
    }
    return ones;
  }

  private static GoldenTensor filled(GoldenTensor scale, float value) {
    float[] values = new float[scale.size()];
    Arrays.fill(values, value);
    return GoldenTensor.of(scale.name(), scale.shape(), values);
  }

  private static GoldenTensor nearZero(GoldenTensor scale) {
    float[] values = scale.floats().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] *= 1e-6f;
    }
    return GoldenTensor.of(scale.name(), scale.shape(), values);
  }
}
