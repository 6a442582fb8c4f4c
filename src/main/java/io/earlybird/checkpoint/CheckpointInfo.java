package io.earlybird.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.earlybird.EarlybirdException;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a {@link Checkpoint} says besides its tensors.
 *
 * @param productVersion version of the program that wrote it
 * @param command what was running: {@code search}, {@code retrain}, …
 * @param network description from which the network can be built again (architecture, depth or cfg,
 *     classes)
 * @param configuration every setting of the run, defaults included
 * @param epoch epochs completed
 * @param step training steps completed since the run began, the position within an epoch included
 * @param best best test accuracy so far in percent, NaN if none was measured
 * @param last last test accuracy in percent, NaN if none was measured
 * @param random seed and counters of the random numbers, by name
 * @param runtime what the bits depend on
 */
public record CheckpointInfo(
    String productVersion,
    String command,
    JsonNode network,
    JsonNode configuration,
    int epoch,
    long step,
    double best,
    double last,
    Map<String, Long> random,
    Runtime runtime) {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Copies the map. */
  public CheckpointInfo {
    random = Map.copyOf(random);
  }

  /**
   * What the bits of a run depend on, besides its settings.
   *
   * @param backend name of the backend
   * @param isa instruction set of the own kernels
   * @param threads number of threads
   * @param kernels the kernel chosen for each shape, by a stable description of the shape
   */
  public record Runtime(String backend, String isa, int threads, Map<String, String> kernels) {
    /** Copies the map. */
    public Runtime {
      kernels = Map.copyOf(kernels);
    }
  }

  String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static CheckpointInfo fromJson(String text, Path file) {
    try {
      if (text == null) {
        throw new EarlybirdException(file + ": expected metadata 'info', found none");
      }
      return JSON.readValue(text, CheckpointInfo.class);
    } catch (JsonProcessingException e) {
      throw new EarlybirdException(
          file + ": metadata 'info': " + e.getOriginalMessage().replaceAll("\\s+", " "), e);
    }
  }
}
