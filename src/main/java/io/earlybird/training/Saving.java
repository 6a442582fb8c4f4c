package io.earlybird.training;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.KeepPolicy;

/**
 * What is written while a network is trained.
 *
 * @param keep which epochs' checkpoints stay on disk
 * @param checkpointSeconds at most so much training is lost when a run is killed; 0 for once an
 *     epoch
 * @param pth whether the original's files are written beside ours
 */
public record Saving(KeepPolicy keep, int checkpointSeconds, boolean pth) {
  /** Our files alone. */
  public Saving(KeepPolicy keep, int checkpointSeconds) {
    this(keep, checkpointSeconds, false);
  }

  /**
   * Checks the interval.
   *
   * @throws EarlybirdException if it is negative
   */
  public Saving {
    if (checkpointSeconds < 0) {
      throw new EarlybirdException(
          "--checkpoint-seconds must be at least 0, not " + checkpointSeconds);
    }
  }
}
