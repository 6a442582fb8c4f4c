package io.earlybird.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.AtomicFile;
import io.earlybird.energy.Energy;
import io.earlybird.energy.EnergyMonitor;
import io.earlybird.energy.EnergyWindow;
import io.earlybird.energy.MeasuredProcess;
import io.earlybird.energy.WindowEnergy;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The energy of any program, and of finished runs. */
@Command(
    name = "energy",
    sortOptions = false,
    subcommands = EnergyTableCommand.class,
    description = {
      "Measures a program with every meter of this machine: earlybird energy -- COMMAND …",
      "The exit code is the program's own."
    })
final class EnergyCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec private CommandSpec spec;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write the figures to this file too.")
  private Path json;

  @Mixin private EnergyOptions energy;

  @Parameters(
      paramLabel = "COMMAND",
      arity = "0..*",
      description = "The program and its words; put -- before them.")
  private List<String> words;

  @Override
  public Integer call() {
    if (words == null || words.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "a command is missing: earlybird energy -- COMMAND …");
    }
    PrintWriter out = spec.commandLine().getOut();
    try (EnergyMonitor monitor = energy.open();
        EnergyWindow window = monitor.window("program")) {
      MeasuredProcess.Result ended = MeasuredProcess.run(words);
      WindowEnergy figures = window.result();
      out.println("energy: " + monitor.describe());
      out.println(line(figures, ended));
      figures.remarks().forEach(r -> out.println("  " + r));
      if (json != null) {
        write(figures, ended, monitor.describe());
      }
      return ended.exitCode();
    }
  }

  private static String line(WindowEnergy w, MeasuredProcess.Result ended) {
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            Locale.ROOT,
            "%.2f s, %.2f s of processor time, %.0f MiB at most",
            w.seconds(),
            ended.cpuSeconds(),
            ended.peakResidentBytes() / 1048576.0));
    w.total()
        .filter(Energy::isMeasured)
        .ifPresent(
            e -> {
              out.append(
                  String.format(
                      Locale.ROOT,
                      ": %.1f J measured, %.1f W on average",
                      e.joules(),
                      w.averageWatts()));
              if (!Double.isNaN(w.idleWatts())) {
                out.append(String.format(Locale.ROOT, " (%.1f W idle)", w.idleWatts()));
              }
            });
    return out.toString();
  }

  private void write(WindowEnergy figures, MeasuredProcess.Result ended, String meters) {
    Map<String, Object> all = new LinkedHashMap<>(figures.toMap());
    all.values().removeIf(v -> v instanceof Double d && !Double.isFinite(d));
    all.put("cpu_seconds", ended.cpuSeconds());
    all.put("peak_resident_bytes", ended.peakResidentBytes());
    all.put("exit_code", ended.exitCode());
    all.put("command", words);
    all.put("measured_by", meters);
    try {
      byte[] text = (JSON.writeValueAsString(all) + "\n").getBytes(StandardCharsets.UTF_8);
      AtomicFile.write(json, out -> out.write(text));
    } catch (JsonProcessingException e) {
      throw new EarlybirdException(json + ": cannot be written: " + e.getMessage(), e);
    }
  }
}
