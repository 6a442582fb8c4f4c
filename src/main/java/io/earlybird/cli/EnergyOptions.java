package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.energy.EnergyMonitor;
import io.earlybird.energy.EnergyTable;
import io.earlybird.energy.Meters;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** How energy is measured, and estimated where it cannot be. */
final class EnergyOptions {
  /** What {@code --metrics} says of itself where a command leaves no folder. */
  static final String METRICS =
      "Add the energy of every window to this file, a JSON object a line.";

  /** Whether energy is measured. */
  enum Mode {
    /** Where there are meters. */
    AUTO,
    /** Not at all. */
    OFF
  }

  @Option(
      names = "--energy",
      paramLabel = "MODE",
      defaultValue = "auto",
      description =
          "Measure energy where there are meters (auto), or not at all (off)."
              + " Default: ${DEFAULT-VALUE}.")
  private Mode mode;

  @Option(
      names = "--energy-table",
      paramLabel = "FILE",
      description = "JSON with pJ per operation and byte for estimates; see docs/energy.md.")
  private Path table;

  @Option(
      names = "--idle-seconds",
      paramLabel = "S",
      defaultValue = "3",
      description =
          "How long to measure the idle machine before a run, where there are meters; 0 for not."
              + " Default: ${DEFAULT-VALUE}.")
  private double idleSeconds;

  @Option(
      names = "--powercap",
      paramLabel = "DIR",
      defaultValue = "/sys/class/powercap",
      description = "Where the kernel shows the processor's meters. Default: ${DEFAULT-VALUE}.")
  private Path powercap;

  /**
   * Opens the meters and measures the idle machine.
   *
   * @throws EarlybirdException if the table cannot be read or the time is negative
   */
  EnergyMonitor open() {
    if (!(idleSeconds >= 0)) {
      throw new EarlybirdException("--idle-seconds must be at least 0, not " + idleSeconds);
    }
    EnergyTable figures = table == null ? EnergyTable.DEFAULT : EnergyTable.read(table);
    EnergyMonitor monitor =
        mode == Mode.OFF ? EnergyMonitor.off() : EnergyMonitor.of(Meters.ofThisMachine(powercap));
    monitor.estimateWith(figures);
    monitor.measureIdle(idleSeconds);
    return monitor;
  }
}
