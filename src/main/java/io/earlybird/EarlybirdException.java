package io.earlybird;

/**
 * A failure that the user can understand and act on. The message is one clear line: what was wrong,
 * where, and what was expected. The command line prints it after {@code earlybird:} and ends with
 * {@link #exitCode()}.
 */
public class EarlybirdException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Exit code of a failure that asks for no other. */
  public static final int DEFAULT_EXIT_CODE = 1;

  private final int exitCode;

  /**
   * A failure with the default exit code.
   *
   * @param message one line for the user
   */
  public EarlybirdException(String message) {
    this(message, DEFAULT_EXIT_CODE, null);
  }

  /**
   * A failure with the default exit code and a cause, which only a debugging run shows.
   *
   * @param message one line for the user
   * @param cause what went wrong underneath, or null
   */
  public EarlybirdException(String message, Throwable cause) {
    this(message, DEFAULT_EXIT_CODE, cause);
  }

  /**
   * A failure with its own exit code.
   *
   * @param message one line for the user
   * @param exitCode exit code of the process, 1..255; 2 is kept for wrong usage
   * @param cause what went wrong underneath, or null
   */
  public EarlybirdException(String message, int exitCode, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** Exit code of the process, 1..255. */
  public int exitCode() {
    return exitCode;
  }
}
