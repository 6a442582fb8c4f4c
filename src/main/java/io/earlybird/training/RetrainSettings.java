package io.earlybird.training;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/**
 * How a pruned network is trained again; the names are those of the command line's options.
 *
 * @param method with which weights
 * @param scratch the pruned network's file; null in a pipeline, which knows its own
 * @param startEpoch the epoch to begin with; -1 for the drawing epoch (inherit) or 0 (reinit)
 */
public record RetrainSettings(Method method, String scratch, int startEpoch) {
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
