package io.earlybird.energy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The energy that a run's {@code metrics.jsonl} tells of.
 *
 * @param windows in the order of the file
 */
public record RunEnergy(List<Window> windows) {
  /** Name of a window's line in {@code metrics.jsonl}. */
  public static final String EVENT = "energy";

  /** Name of the line that says what is measured. */
  public static final String METERS = "energy_meters";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ROW = "%-12s %-28s %9s %12s  %-9s %9s %10s%n";

  /**
   * One recorded window.
   *
   * @param phase which part of the run it belongs to, for example {@code search}
   * @param path its name after those of the windows around it
   * @param epoch index of the epoch, -1 if it belongs to none
   * @param seconds its time
   * @param total its energy; empty if it has none
   * @param images pictures that passed
   * @param counted whether the plan counted any work in it, from which joules can be estimated
   */
  public record Window(
      String phase,
      String path,
      int epoch,
      double seconds,
      Optional<Energy> total,
      long images,
      boolean counted) {
    /** The last part of the path. */
    public String name() {
      return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Whether it lies in another window, whose figures contain its own. */
    public boolean isNested() {
      return path.indexOf('/') >= 0;
    }
  }

  /**
   * A sum of windows.
   *
   * @param seconds their time
   * @param total their energy; empty if there is none, one has none or their sources differ. An
   *     estimate is of the work that the plan counted: windows without any, such as writing a file,
   *     do not make it unknown.
   * @param images pictures that passed
   */
  public record Sum(double seconds, Optional<Energy> total, long images) {
    /** Average power in watts, or NaN. */
    public double averageWatts() {
      return total.map(e -> e.joules() / seconds).orElse(Double.NaN);
    }

    /** Pictures per joule, or NaN. */
    public double imagesPerJoule() {
      return total
          .filter(e -> images > 0 && e.joules() > 0)
          .map(e -> images / e.joules())
          .orElse(Double.NaN);
    }
  }

  /** Copies the list. */
  public RunEnergy {
    windows = List.copyOf(windows);
  }

  /** The windows of a command that belong to no epoch. */
  public static RunEnergy of(String phase, List<WindowEnergy> closed) {
    return new RunEnergy(
        closed.stream()
            .map(
                w ->
                    new Window(
                        phase,
                        w.path(),
                        -1,
                        w.seconds(),
                        w.total(),
                        w.images(),
                        w.work().total().bytes() > 0))
            .toList());
  }

  /**
   * Reads the records of a run. Lines that are cut are left out.
   *
   * @param metrics the file; one that does not exist tells of nothing
   * @throws EarlybirdException if it cannot be read
   */
  public static RunEnergy read(Path metrics) {
    List<Window> windows = new ArrayList<>();
    if (!Files.exists(metrics)) {
      return new RunEnergy(windows);
    }
    try {
      for (String line : Files.readAllLines(metrics, StandardCharsets.UTF_8)) {
        window(line).ifPresent(windows::add);
      }
    } catch (IOException e) {
      throw new EarlybirdException(metrics + ": cannot be read: " + e.getMessage(), e);
    }
    return new RunEnergy(windows);
  }

  private static Optional<Window> window(String text) {
    JsonNode line;
    try {
      line = JSON.readTree(text);
    } catch (IOException e) {
      return Optional.empty();
    }
    if (line == null || !line.path("event").asText().equals(EVENT)) {
      return Optional.empty();
    }
    return Optional.of(
        new Window(
            line.path("phase").asText(),
            line.path("window").asText(),
            line.path("epoch").asInt(-1),
            line.path("seconds").asDouble(),
            energy(line),
            line.path("images").asLong(),
            line.path("bytes").asLong() > 0));
  }

  static Optional<Energy> energy(JsonNode line) {
    if (!line.path("joules").isNumber()) {
      return Optional.empty();
    }
    double joules = line.path("joules").asDouble();
    for (Energy.Source source : Energy.Source.values()) {
      if (source.label().equals(line.path("source").asText())) {
        return Optional.of(new Energy(joules, source));
      }
    }
    return Optional.empty();
  }

  /** The sum of the windows that are wanted. Whoever wants nested ones too counts joules twice. */
  public Sum sum(Predicate<Window> wanted) {
    List<Window> chosen = windows.stream().filter(wanted).toList();
    return new Sum(
        chosen.stream().mapToDouble(Window::seconds).sum(),
        total(chosen),
        chosen.stream().mapToLong(Window::images).sum());
  }

  private static Optional<Energy> total(List<Window> windows) {
    Optional<Energy> all = Energy.sum(windows.stream().map(Window::total).toList());
    return all.isPresent()
        ? all
        : Energy.sum(
                windows.stream()
                    .filter(w -> w.counted() || w.total().isPresent())
                    .map(Window::total)
                    .toList())
            .filter(e -> !e.isMeasured());
  }

  /** A line per phase and kind of window, in the order in which they came. */
  public Map<String, Map<String, Sum>> byPhase() {
    Map<String, Map<String, Sum>> all = new LinkedHashMap<>();
    for (Window w : windows) {
      all.computeIfAbsent(w.phase(), p -> new LinkedHashMap<>())
          .computeIfAbsent(
              w.path(), path -> sum(o -> o.phase().equals(w.phase()) && o.path().equals(path)));
    }
    return all;
  }

  /** As text: time, energy with its source, power and pictures per joule of every phase. */
  public String toTable() {
    if (windows.isEmpty()) {
      return "";
    }
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(ROW, "part", "window", "seconds", "joules", "source", "watts", "images/J"));
    byPhase()
        .forEach((phase, kinds) -> kinds.forEach((path, sum) -> out.append(row(phase, path, sum))));
    if (windows.stream().allMatch(w -> w.total().isEmpty())) {
      out.append("joules: not measurable here\n");
    }
    return out.toString();
  }

  private static String row(String phase, String path, Sum sum) {
    String joules = sum.total().map(e -> figure(e.joules())).orElse("-");
    String source = sum.total().map(e -> e.source().label()).orElse("-");
    return String.format(
        ROW,
        phase,
        path,
        figure(sum.seconds()),
        joules,
        source,
        figure(sum.averageWatts()),
        figure(sum.imagesPerJoule()));
  }

  private static String figure(double value) {
    return Double.isNaN(value)
        ? "-"
        : String.format(Locale.ROOT, value >= 1000 ? "%,.0f" : "%.4g", value);
  }

  /** The phases that there are, in the order in which they came. */
  public List<String> phases() {
    return windows.stream().map(Window::phase).distinct().collect(Collectors.toList());
  }
}
