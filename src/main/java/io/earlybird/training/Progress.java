package io.earlybird.training;

import io.earlybird.tickets.EarlyBirdDetector.Observation;
import java.util.List;

/** What a run tells whoever watches it. Every method may be ignored. */
public interface Progress {
  /** Tells nobody. */
  Progress SILENT = new Progress() {};

  /**
   * What an epoch is a part of.
   *
   * @param phase what is being trained, for example {@code search} or {@code ticket 30%}
   * @param epoch index of the epoch
   * @param epochs epochs in all
   * @param batches batches in the epoch
   */
  record Epoch(String phase, int epoch, int epochs, int batches) {}

  /**
   * What one detector saw at the start of an epoch.
   *
   * @param ratio its pruning ratio
   */
  record Sight(double ratio, Observation observation) {}

  /** A line for the user. */
  default void say(String line) {}

  /** An epoch begins, or goes on after {@code batchesDone} batches. */
  default void epochBegins(Epoch epoch, int batchesDone) {}

  /**
   * So much of the epoch is done; called at most ten times a second.
   *
   * @param soFar the epoch's sums
   * @param imagesPerSecond since the epoch began or was resumed
   */
  default void batchesDone(int batches, Metrics soFar, double imagesPerSecond) {}

  /** Masks were taken at the start of an epoch, one per ratio. */
  default void masks(int epoch, List<Sight> sights) {}

  /** A ticket was written. */
  default void drawn(Ticket ticket) {}

  /**
   * The search has ended.
   *
   * @param tickets in the order of the ratios
   * @param missed ratios without a drawn ticket
   * @param epochs epochs that the search had
   */
  default void searched(List<Ticket> tickets, List<Search.Missed> missed, int epochs) {}

  /** A ticket was pruned. */
  default void pruned(Prune.Pruned pruned) {}

  /** The epoch is trained and evaluated. */
  default void epochEnds(EpochRow row) {}

  /** Nothing more will be told about an epoch: it was finished, stopped or failed. */
  default void epochClosed() {}
}
