package io.earlybird.training;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.KeepPolicy;

/**
 * What is written while a network is trained; the names are those of the command line's options. A
 * resumed run keeps to it, so that it removes no checkpoint that was to stay.
 *
 * @param keep which epochs' checkpoints stay on disk, as {@link KeepPolicy#parse} reads it
 * @param checkpointSeconds at most so much training is lost when a run is killed; 0 for once an
 *     epoch
 * @param pth whether the original's files are written beside ours
 */
public record SavingSettings(String keep, int checkpointSeconds, boolean pth) {
  /** The usual choice. */
  public static final SavingSettings DEFAULT = new SavingSettings("best", 60, false);

  /**
   * Checks the values.
   *
   * @throws EarlybirdException naming the option and what it expects
   */
  public SavingSettings {
    KeepPolicy.parse(keep);
    if (checkpointSeconds < 0) {
      throw new EarlybirdException(
          "--checkpoint-seconds must be at least 0, not " + checkpointSeconds);
    }
  }

  /** Which epochs' checkpoints stay on disk. */
  @JsonIgnore
  public KeepPolicy keepPolicy() {
    return KeepPolicy.parse(keep);
  }
}
