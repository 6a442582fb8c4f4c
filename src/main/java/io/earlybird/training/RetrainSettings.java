package io.earlybird.training;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;

/**
 * How a pruned network is trained again; the names are those of the command line's options.
 *
 * @param method with which weights
 * @param scratch the pruned network's file; null in a pipeline, which knows its own
 * @param startEpoch the epoch to begin with; -1 for the drawing epoch (inherit) or 0 (reinit)
 * @param baselines what tickets are compared with beside the dense network
 */
public record RetrainSettings(
    Method method, String scratch, int startEpoch, List<Baseline> baselines) {
  /** Copies the list. */
  @JsonCreator
  public RetrainSettings {
    baselines = List.copyOf(baselines);
  }

  /** Without baselines. */
  public RetrainSettings(Method method, String scratch, int startEpoch) {
    this(method, scratch, startEpoch, List.of());
  }

  /** With which weights a ticket is trained. */
  public enum Method {
    /** The ticket's own weights, from the epoch in which it was drawn (paper, "EB Train"). */
    INHERIT,
    /** Fresh weights, from epoch 0 (paper, "EB Train re-init"). */
    REINIT;

    /** As it stands on the command line. */
    @JsonValue
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
