package io.earlybird.cli;

import io.earlybird.energy.EnergyMonitor;
import io.earlybird.energy.RunEnergy;
import io.earlybird.energy.WindowEnergy;
import io.earlybird.report.MetricsWriter;
import io.earlybird.training.RunFolder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a run's records and its end say of energy as a whole. */
final class EnergyRecords {
  private EnergyRecords() {}

  /** Records what is measured, and the windows before the run had a folder. */
  static void begin(Path folder, EnergyMonitor energy, List<WindowEnergy> windows) {
    try (MetricsWriter metrics =
        MetricsWriter.resume(folder.resolve(RunFolder.METRICS), line -> true)) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("event", "energy_meters");
      line.put("meters", energy.describe());
      line.put("measured", energy.measures());
      line.put("idle_watts", energy.idleWatts());
      line.put("estimates_from", energy.table().source());
      metrics.write(line);
      for (WindowEnergy window : windows) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("event", "energy");
        figures.put("phase", "run");
        figures.putAll(window.toMap());
        metrics.write(figures);
      }
    }
  }

  /** A line per phase and kind of window. */
  static String summary(Path folder) {
    return RunEnergy.read(folder.resolve(RunFolder.METRICS)).toTable();
  }
}
