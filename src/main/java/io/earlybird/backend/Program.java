package io.earlybird.backend;

/** The launches of a whole step, ready to run again and again. */
public interface Program extends AutoCloseable {
  /** Runs the step; returns when its results may be read on the host. */
  void run();

  /** Frees what the program holds. */
  @Override
  default void close() {}
}
