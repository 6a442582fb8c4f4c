package io.earlybird.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.checkpoint.CheckpointInfo;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A ticket: the dense network as it was when a ratio's mask had settled.
 *
 * @param ratio fraction of channels to prune
 * @param epoch index of the epoch at whose start it was drawn; training continues there
 * @param drawn whether it was drawn, or taken from the last mask because none was
 * @param distance the largest of the mask distances that decided
 * @param file where its weights are
 */
public record Ticket(double ratio, int epoch, boolean drawn, double distance, Path file) {
  private static final String KEY = "ticket";

  /** Adds what makes it a ticket to the configuration of its file. */
  void describe(ObjectNode configuration) {
    configuration
        .putObject(KEY)
        .put("ratio", ratio)
        .put("epoch", epoch)
        .put("drawn", drawn)
        .put("distance", distance);
  }

  /** The ticket that a file says it is, if it is one. */
  static Optional<Ticket> of(CheckpointInfo info, Path file) {
    JsonNode t = info.configuration().path(KEY);
    return t.isObject()
        ? Optional.of(
            new Ticket(
                t.path("ratio").asDouble(),
                t.path("epoch").asInt(),
                t.path("drawn").asBoolean(),
                t.path("distance").asDouble(),
                file))
        : Optional.empty();
  }

  /** A ratio as it stands in names and messages: 0.3 is {@code 30}. */
  public static String percent(double ratio) {
    return java.math.BigDecimal.valueOf(ratio)
        .movePointRight(2)
        .stripTrailingZeros()
        .toPlainString();
  }
}
