package io.earlybird.checkpoint;

import io.earlybird.EarlybirdException;
import java.nio.file.Path;

/** A file could not be written: the disk is full, say. What was there before is still there. */
public final class WriteException extends EarlybirdException {
  private static final long serialVersionUID = 1L;

  /**
   * A file that could not be written.
   *
   * @param file which one
   * @param reason what the system says
   * @param cause what went wrong underneath, or null
   */
  public WriteException(Path file, String reason, Throwable cause) {
    super(file + ": cannot be written: " + reason, cause);
  }
}
