package io.earlybird.training;

import io.earlybird.EarlybirdException;

/**
 * What computes; the names are those of the command line's options.
 *
 * @param backend name of the backend, or {@code auto}
 * @param threads processor threads of the cpu backend; 0 for all
 */
public record EngineSettings(String backend, int threads) {
  /**
   * Checks the number of threads.
   *
   * @throws EarlybirdException if it is out of its range
   */
  public EngineSettings {
    if (threads < 0 || threads > 1024) {
      throw new EarlybirdException("--threads must be in 0..1024, not " + threads);
    }
  }
}
