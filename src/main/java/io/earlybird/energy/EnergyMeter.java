package io.earlybird.energy;

/**
 * Something that counts joules: a processor's or GPU's counter, a wall plug, a power distribution
 * unit. Implement the first three methods and hand it to {@link EnergyMonitor#of}; the monitor
 * calls a meter from one thread at a time.
 */
public interface EnergyMeter extends AutoCloseable {
  /** What the meter is called in records, for example {@code rapl package-0}. */
  String name();

  /** What its joules are the energy of. */
  Scope scope();

  /**
   * Energy since some moment that stays the same, in joules; never falling.
   *
   * @throws MeterException if it cannot be read any more
   */
  double joules() throws MeterException;

  /**
   * How often so far the source was reset or went backwards, which {@link #joules} survived with a
   * loss: windows in which it happened are a lower bound.
   */
  default long disturbances() {
    return 0;
  }

  /** Windows shorter than this many seconds are flagged: the source moves in steps. */
  default double shortestSeconds() {
    return 1;
  }

  /** The meter must be read at least so often, in seconds, lest something is missed. */
  default double pollSeconds() {
    return 10;
  }

  @Override
  default void close() {}
}
