package io.earlybird.data.picture;

import io.earlybird.EarlybirdException;
import java.nio.file.Path;

/** A picture that cannot be used. Its message names the file and says why. */
public final class DamagedPictureException extends EarlybirdException {
  private static final long serialVersionUID = 1;

  private final transient Path file;
  private final String reason;

  /**
   * A picture that cannot be used.
   *
   * @param file which
   * @param reason what is wrong with it
   */
  public DamagedPictureException(Path file, String reason) {
    super(file + ": " + reason + "; mend or remove it, or leave such pictures out: --skip-corrupt");
    this.file = file;
    this.reason = reason;
  }

  /** Which picture. */
  public Path file() {
    return file;
  }

  /** What is wrong with it. */
  public String reason() {
    return reason;
  }
}
