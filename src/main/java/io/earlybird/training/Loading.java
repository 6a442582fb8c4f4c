package io.earlybird.training;

import io.earlybird.EarlybirdException;

/**
 * How pictures are read that don't fit into memory.
 *
 * @param workers threads that decode; 0 for one per processor
 * @param skipDamaged whether damaged pictures are passed over instead of ending the run
 */
public record Loading(int workers, boolean skipDamaged) {
  /** One thread per processor; damaged pictures end the run. */
  public static final Loading USUAL = new Loading(0, false);

  private static final int MOST_WORKERS = 1024;

  /**
   * Checks the number.
   *
   * @throws EarlybirdException if it is out of range
   */
  public Loading {
    if (workers < 0 || workers > MOST_WORKERS) {
      throw new EarlybirdException(
          "--workers must be between 0 and " + MOST_WORKERS + ", not " + workers);
    }
  }

  /** Number of threads. */
  int threads() {
    return workers == 0 ? Runtime.getRuntime().availableProcessors() : workers;
  }
}
