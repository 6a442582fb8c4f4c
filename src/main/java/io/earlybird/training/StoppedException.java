package io.earlybird.training;

import io.earlybird.EarlybirdException;

/** A run ended because it was asked to; its state is saved. */
public final class StoppedException extends EarlybirdException {
  /** Exit code of a process that was interrupted from the keyboard. */
  public static final int EXIT_CODE = 130;

  private static final long serialVersionUID = 1L;

  /** A run that stopped. */
  public StoppedException(String message) {
    super(message, EXIT_CODE, null);
  }
}
