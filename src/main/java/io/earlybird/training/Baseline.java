package io.earlybird.training;

import com.fasterxml.jackson.annotation.JsonValue;
import io.earlybird.tickets.Criterion;
import java.util.Locale;

/** Other ways to a narrow network, or to train one, with which tickets are compared in a run. */
public enum Baseline {
  /**
   * The one-shot lottery ticket: the mask of the network trained to the end, the initial weights,
   * trained from the first epoch.
   */
  LOTTERY_TICKET(Criterion.SCALE, true),
  /** The mask and the weights of the network trained to the end, trained for all epochs again. */
  NETWORK_SLIMMING(Criterion.SCALE, true),
  /** The ticket with fresh weights, trained from the first epoch (paper, "EB Train re-init"). */
  REINIT(Criterion.SCALE, false),
  /** As the ticket of a search in low precision, but trained in full (paper, "LF"). */
  FULL_PRECISION(Criterion.SCALE, false),
  /** As the ticket, from the same epoch, but with a random mask. */
  RANDOM(Criterion.RANDOM, false),
  /** As the ticket, from the same epoch, but with a mask by the magnitude of weights. */
  MAGNITUDE(Criterion.MAGNITUDE, false);

  private final Criterion criterion;
  private final boolean fromTheEnd;

  Baseline(Criterion criterion, boolean fromTheEnd) {
    this.criterion = criterion;
    this.fromTheEnd = fromTheEnd;
  }

  /** What its mask ranks channels by. */
  Criterion criterion() {
    return criterion;
  }

  /** Whether its mask is that of the network trained to the end; else the ticket's epoch counts. */
  boolean isFromTheEnd() {
    return fromTheEnd;
  }

  /** As it stands on the command line and in records. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public String toString() {
    return label();
  }
}
