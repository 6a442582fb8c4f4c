package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.energy.EnergyLog;
import io.earlybird.energy.EnergyMonitor;
import io.earlybird.energy.Phase;
import io.earlybird.energy.RunEnergy;
import io.earlybird.energy.WindowEnergy;
import io.earlybird.report.MetricsWriter;
import io.earlybird.training.RunFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The energy of a command that is no run: its windows, told at its end. */
final class CommandEnergy implements AutoCloseable {
  private final String phase;
  private final EnergyMonitor monitor;
  private final List<WindowEnergy> windows = new ArrayList<>();

  /**
   * Opens the meters and measures the idle machine.
   *
   * @param phase name of the command in records
   * @throws EarlybirdException if an option is out of range
   */
  CommandEnergy(String phase, EnergyOptions options) {
    this.phase = phase;
    this.monitor = options.open();
  }

  /** The windows of the command. */
  EnergyLog log() {
    return new EnergyLog(monitor, windows::add);
  }

  /** Reads data in a window of its own. */
  <T> T loading(Supplier<T> body) {
    return log().during(Phase.DATA_LOADING, body);
  }

  /** Looks at masks in a window of its own. */
  <T> T masks(EnergyLog.Function<T> body) {
    return log().during(Phase.MASK_DISTANCE, body);
  }

  /** Says what computes: it is waited for at the edges of windows. */
  void attach(Backend backend) {
    monitor.attach(backend.name(), backend::synchronize);
  }

  /** Prints the windows. */
  void print(PrintWriter out) {
    out.println("energy: " + monitor.describe());
    out.print(RunEnergy.of(phase, windows).toTable());
    EnergyRecords.idle(monitor).ifPresent(out::println);
  }

  /**
   * Prints the windows, and adds them to a file, whose old lines stay.
   *
   * @param metrics the file, or null
   * @throws EarlybirdException if it cannot be written
   */
  void tell(PrintWriter out, Path metrics) {
    if (metrics != null) {
      write(metrics);
    }
    print(out);
  }

  private void write(Path file) {
    try (MetricsWriter metrics = MetricsWriter.append(file)) {
      EnergyRecords.write(metrics, monitor, phase, windows);
    }
  }

  /**
   * Writes the windows to {@code metrics.jsonl} in a folder, anew unless the folder is a run's.
   *
   * @throws EarlybirdException if it cannot be written
   */
  void writeTo(Path folder) {
    Path file = folder.resolve(RunFolder.METRICS);
    try {
      if (!Files.exists(folder.resolve(RunFolder.CONFIG))) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be replaced: " + e.getMessage(), e);
    }
    write(file);
  }

  /** Nothing computes any more: the backend may be closed before the meters are. */
  @Override
  public void close() {
    monitor.attach("", () -> {});
    monitor.close();
  }
}
