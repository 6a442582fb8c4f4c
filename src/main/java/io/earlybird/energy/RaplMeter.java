package io.earlybird.energy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/** One RAPL domain: a counter in µJ that wraps around at {@code max_energy_range_uj}. */
final class RaplMeter implements EnergyMeter {
  /** More than any processor package with its memory takes. */
  private static final double MOST_WATTS = 2000;

  private final String name;
  private final Scope scope;
  private final Path file;
  private final LongSupplier clock;
  private final EnergyCounter counter;

  /**
   * A domain.
   *
   * @param zone its folder
   * @param clock nanoseconds
   * @throws IOException if it cannot be read
   */
  RaplMeter(String name, Scope scope, Path zone, LongSupplier clock) throws IOException {
    this.name = name;
    this.scope = scope;
    this.file = zone.resolve("energy_uj");
    this.clock = clock;
    this.counter = new EnergyCounter(1e-6, number(zone.resolve("max_energy_range_uj")), MOST_WATTS);
    counter.advance(number(file), clock.getAsLong());
  }

  private static long number(Path file) throws IOException {
    String text = Files.readString(file).strip();
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IOException(file + " holds '" + text + "', not a number", e);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Scope scope() {
    return scope;
  }

  @Override
  public double joules() throws MeterException {
    try {
      return counter.advance(number(file), clock.getAsLong());
    } catch (IOException e) {
      throw new MeterException(file + " cannot be read any more: " + e.getMessage(), e);
    }
  }

  @Override
  public long disturbances() {
    return counter.disturbances();
  }

  @Override
  public double shortestSeconds() {
    return 0.1;
  }
}
