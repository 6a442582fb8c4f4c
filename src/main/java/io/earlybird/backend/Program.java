package io.earlybird.backend;

/** The launches of a whole step, ready to run again and again. */
public interface Program extends AutoCloseable {
  /**
   * Runs the step; when it returns, its results may be read through the backend. On an asynchronous
   * device it may return earlier than the step ends: reading waits, and so does {@link
   * Backend#synchronize}.
   */
  void run();

  /** Frees what the program holds. */
  @Override
  default void close() {}
}
