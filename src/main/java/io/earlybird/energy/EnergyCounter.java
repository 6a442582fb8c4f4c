package io.earlybird.energy;

/**
 * Follows one raw energy counter. A counter that falls has wrapped around if it has a range and the
 * energy that a wrap would mean is possible in the time since; else it was reset, if what it shows
 * now is possible in that time, and the energy before the reset is lost; else it went backwards,
 * and counting goes on from there.
 */
final class EnergyCounter {
  /** Readings closer than this count as so far apart: a counter's steps are no power. */
  private static final double LEAST_SECONDS = 0.02;

  private final double jouleUnit;
  private final long range;
  private final double mostWatts;
  private boolean begun;
  private long last;
  private long lastNanos;
  private double joules;
  private long disturbances;

  /**
   * A counter.
   *
   * @param jouleUnit joules per count
   * @param range counts from one zero to the next, 0 if it never wraps
   * @param mostWatts no source has more power than this
   */
  EnergyCounter(double jouleUnit, long range, double mostWatts) {
    this.jouleUnit = jouleUnit;
    this.range = range;
    this.mostWatts = mostWatts;
  }

  /**
   * Takes a reading.
   *
   * @param raw what the counter shows
   * @param nanos when, on the clock of {@link System#nanoTime}
   * @return joules since the first reading
   */
  double advance(long raw, long nanos) {
    if (!begun) {
      begun = true;
    } else if (raw >= last) {
      joules += (raw - last) * jouleUnit;
    } else {
      double possible = mostWatts * Math.max(LEAST_SECONDS, (nanos - lastNanos) * 1e-9);
      double wrapped = (range - last + raw) * jouleUnit;
      if (range > 0 && last <= range && wrapped <= possible) {
        joules += wrapped;
      } else {
        disturbances++;
        joules += raw * jouleUnit <= possible ? raw * jouleUnit : 0;
      }
    }
    last = raw;
    lastNanos = nanos;
    return joules;
  }

  /** How often it was reset or went backwards. */
  long disturbances() {
    return disturbances;
  }
}
