package io.earlybird.training;

import io.earlybird.EarlybirdException;

/**
 * What computes; the names are those of the command line's options.
 *
 * @param backend name of the backend, or {@code auto}
 * @param threads processor threads of the cpu backend; 0 for all
 * @param device number of the device of the cuda or opencl backend
 */
public record EngineSettings(String backend, int threads, int device) {
  /**
   * Checks the numbers.
   *
   * @throws EarlybirdException if it is out of its range
   */
  public EngineSettings {
    if (threads < 0 || threads > 1024) {
      throw new EarlybirdException("--threads must be in 0..1024, not " + threads);
    }
    if (device < 0) {
      throw new EarlybirdException("--device must not be negative, but is " + device);
    }
  }
}
