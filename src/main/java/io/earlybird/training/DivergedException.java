package io.earlybird.training;

import io.earlybird.EarlybirdException;

/** Training broke down: a loss or a weight is no finite number any more. */
public final class DivergedException extends EarlybirdException {
  /** Exit code of a run that diverged. */
  public static final int EXIT_CODE = 3;

  private static final long serialVersionUID = 1L;

  /** A run that diverged. */
  public DivergedException(String message) {
    super(message, EXIT_CODE, null);
  }
}
