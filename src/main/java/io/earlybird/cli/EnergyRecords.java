package io.earlybird.cli;

import io.earlybird.energy.EnergyMonitor;
import io.earlybird.energy.RunEnergy;
import io.earlybird.energy.WindowEnergy;
import io.earlybird.report.MetricsWriter;
import io.earlybird.training.RunFolder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What records and the end of a command say of energy as a whole. */
final class EnergyRecords {
  private EnergyRecords() {}

  /** Records what is measured, and the windows before the run had a folder. */
  static void begin(Path folder, EnergyMonitor energy, List<WindowEnergy> windows) {
    try (MetricsWriter metrics =
        MetricsWriter.resume(folder.resolve(RunFolder.METRICS), line -> true)) {
      write(metrics, energy, "run", windows);
    }
  }

  /** A line on the meters, and a line per window. */
  static void write(
      MetricsWriter metrics, EnergyMonitor energy, String phase, List<WindowEnergy> windows) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("event", RunEnergy.METERS);
    line.put("meters", energy.describe());
    line.put("measured", energy.measures());
    line.put("idle_watts", energy.idleWatts());
    line.put("estimates_from", energy.table().source());
    metrics.write(line);
    for (WindowEnergy window : windows) {
      Map<String, Object> figures = new LinkedHashMap<>();
      figures.put("event", RunEnergy.EVENT);
      figures.put("phase", phase);
      figures.putAll(window.toMap());
      metrics.write(figures);
    }
  }

  /** A line per phase and kind of window. */
  static String summary(Path folder, EnergyMonitor energy) {
    return RunEnergy.read(folder.resolve(RunFolder.METRICS)).toTable()
        + idle(energy).map(line -> line + System.lineSeparator()).orElse("");
  }

  /** The idle machine's power, if it was measured. */
  static Optional<String> idle(EnergyMonitor energy) {
    return Double.isNaN(energy.idleWatts())
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "the idle machine took %.1f W, which are in these joules",
                energy.idleWatts()));
  }
}
