package io.earlybird.energy;

/** A meter cannot be read any more; windows in which it happened have no figure of it. */
public final class MeterException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * A failure.
   *
   * @param reason one line for the user
   */
  public MeterException(String reason) {
    super(reason);
  }

  /** As above, with a cause. */
  public MeterException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
