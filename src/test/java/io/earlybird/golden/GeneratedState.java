package io.earlybird.golden;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A state dict filled by {@link Generator} from a seed, by key name and shape, as the recorded
 * cases' README says under "Filling a state dict".
 */
public final class GeneratedState {
  private GeneratedState() {}

  /**
   * Fills every entry.
   *
   * @param shapes plain keys (no {@code module.} prefix, no extra level) in order, with their
   *     shapes
   */
  public static Map<String, GoldenTensor> fill(long seed, Map<String, int[]> shapes) {
    Map<String, GoldenTensor> state = new LinkedHashMap<>();
    shapes.forEach((key, shape) -> state.put(key, entry(seed, key, shape, shapes)));
    return state;
  }

  /**
   * Reads {@code name: shape} in order from a recorded list ({@code state_dict}, {@code
   * state_checks}, {@code saved_state}, a bundle's {@code tensors}).
   *
   * @param prefix removed from the names that have it; may be empty
   */
  public static Map<String, int[]> shapes(JsonNode list, String prefix) {
    Map<String, int[]> shapes = new LinkedHashMap<>();
    for (JsonNode entry : list) {
      String name = entry.required("name").asText();
      shapes.put(
          name.startsWith(prefix) ? name.substring(prefix.length()) : name,
          Bundle.ints(entry.required("shape")));
    }
    return Collections.unmodifiableMap(shapes);
  }

  /** A channel selection of {@code size} with ones at the given positions and zeros elsewhere. */
  public static GoldenTensor selection(String key, int size, JsonNode keptPositions) {
    float[] indexes = new float[size];
    for (JsonNode position : keptPositions) {
      indexes[position.asInt()] = 1;
    }
    return GoldenTensor.of(key, new int[] {size}, indexes);
  }

  private static GoldenTensor entry(long seed, String key, int[] shape, Map<String, int[]> shapes) {
    int dot = key.lastIndexOf('.') + 1;
    String leaf = key.substring(dot);
    boolean batchNorm = shapes.containsKey(key.substring(0, dot) + "running_mean");
    return switch (leaf) {
      case "weight" -> weight(seed, key, shape);
      case "bias" -> uniform(seed, key, shape, batchNorm ? -0.2 : -0.1, batchNorm ? 0.2 : 0.1, 1);
      case "running_mean" -> uniform(seed, key, shape, -0.3, 0.3, 1);
      case "running_var" -> uniform(seed, key, shape, 0.5, 1.5, 1);
      case "num_batches_tracked" -> GoldenTensor.of(key, shape, new long[] {7});
      case "indexes" -> GoldenTensor.of(key, shape, ones(shape));
      default -> throw new IllegalArgumentException("no rule for " + key);
    };
  }

  private static GoldenTensor weight(long seed, String key, int[] shape) {
    switch (shape.length) {
      case 4 -> {
        double a = Math.sqrt(6.0 / (shape[2] * shape[3] * shape[0]));
        return uniform(seed, key, shape, -a, a, 1);
      }
      case 2 -> {
        double a = 1 / Math.sqrt(shape[1]);
        return uniform(seed, key, shape, -a, a, 1);
      }
      case 1 -> {
        return uniform(seed, key, shape, -0.4, 1, batchNormScale(seed, key));
      }
      default ->
          throw new IllegalArgumentException(
              "no rule for " + key + " of shape " + Arrays.toString(shape));
    }
  }

  /** The factor of a batch norm's weights: {@code 0.5 + u(seed, key + "#scale", 0)}. */
  static double batchNormScale(long seed, String key) {
    return 0.5 + Generator.uniform(seed, key + "#scale", 0);
  }

  private static GoldenTensor uniform(
      long seed, String key, int[] shape, double lo, double hi, double scale) {
    return GoldenTensor.of(
        key, shape, Generator.values(seed, key, GoldenTensor.count(shape), lo, hi, scale));
  }

  private static float[] ones(int[] shape) {
    float[] ones = new float[GoldenTensor.count(shape)];
    Arrays.fill(ones, 1);
    return ones;
  }
}
