package io.earlybird.golden;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.checkpoint.Npy;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * An ordered set of named tensors: {@code X.bundle.json} lists them, {@code X.bundle.npy} holds the
 * float32 values in one flat vector, integer values stand in the list.
 */
public final class Bundle {
  private final Map<String, GoldenTensor> tensors;

  private Bundle(Map<String, GoldenTensor> tensors) {
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Reads {@code folder/stem.bundle.json} and its values.
   *
   * @throws IllegalStateException if the two files don't fit together
   */
  public static Bundle read(Path folder, String stem) {
    Path list = folder.resolve(stem + ".bundle.json");
    JsonNode json = GoldenFolder.json(list);
    float[] flat = Npy.read(folder.resolve(json.required("file").asText())).floats();
    Map<String, GoldenTensor> tensors = new LinkedHashMap<>();
    for (JsonNode entry : json.required("tensors")) {
      String name = entry.required("name").asText();
      int[] shape = ints(entry.required("shape"));
      GoldenTensor tensor =
          entry.has("values")
              ? GoldenTensor.of(name, shape, longs(entry.get("values")))
              : GoldenTensor.of(name, shape, slice(entry, flat));
      if (tensors.put(name, tensor) != null) {
        throw new IllegalStateException(list + ": " + name + " twice");
      }
    }
    return new Bundle(tensors);
  }

  /** The names in order. */
  public Set<String> names() {
    return tensors.keySet();
  }

  /** All tensors in order. */
  public Map<String, GoldenTensor> tensors() {
    return tensors;
  }

  /** The tensor of that name, which must exist. */
  public GoldenTensor get(String name) {
    GoldenTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no tensor " + name + " among " + names());
    }
    return tensor;
  }

  /** The integers of an array. */
  public static int[] ints(JsonNode array) {
    return Arrays.stream(longs(array)).mapToInt(Math::toIntExact).toArray();
  }

  /** The integers of an array, or of a plain number (a tensor without dimensions). */
  static long[] longs(JsonNode array) {
    if (!array.isArray()) {
      return new long[] {array.asLong()};
    }
    long[] values = new long[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asLong();
    }
    return values;
  }

  private static float[] slice(JsonNode entry, float[] flat) {
    int offset = entry.required("offset").asInt();
    return Arrays.copyOfRange(flat, offset, offset + entry.required("numel").asInt());
  }
}
