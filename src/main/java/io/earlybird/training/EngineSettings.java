package io.earlybird.training;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.BackendOptions;
import io.earlybird.backend.Backends;
import io.earlybird.backend.Precision;
import java.util.Map;

/**
 * What computes; the names are those of the command line's options.
 *
 * @param backend name of the backend, or {@code auto}
 * @param threads processor threads of the cpu backend; 0 for all
 * @param device number of the device of the cuda or opencl backend
 * @param precision in which precision it computes: {@code fp32}, {@code tf32} or {@code bf16}; null
 *     for fp32
 * @param nondeterministic whether kernels may be used that add in varying order
 */
public record EngineSettings(
    String backend, int threads, int device, String precision, boolean nondeterministic) {
  /** In fp32, with the same bits for the same seed. */
  public EngineSettings(String backend, int threads, int device) {
    this(backend, threads, device, Precision.FP32.label(), false);
  }

  /**
   * Checks the numbers.
   *
   * @throws EarlybirdException if it is out of its range
   */
  public EngineSettings {
    precision = precision == null ? Precision.FP32.label() : precision;
    Precision.of(precision);
    if (threads < 0 || threads > 1024) {
      throw new EarlybirdException("--threads must be in 0..1024, not " + threads);
    }
    if (device < 0) {
      throw new EarlybirdException("--device must not be negative, but is " + device);
    }
  }

  /** The same with another backend. */
  public EngineSettings named(String name) {
    return new EngineSettings(name, threads, device, precision, nondeterministic);
  }

  /** The same with another number of threads. */
  public EngineSettings threads(int count) {
    return new EngineSettings(backend, count, device, precision, nondeterministic);
  }

  /**
   * Opens the backend.
   *
   * @param choices kernels of an earlier run, see {@link BackendOptions}
   * @throws EarlybirdException if it cannot be used here
   */
  public Backends.Opened open(Map<String, String> choices) {
    return Backends.open(
        new BackendOptions(
            backend, threads, device, Precision.of(precision), nondeterministic, choices));
  }
}
