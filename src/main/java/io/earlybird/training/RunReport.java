package io.earlybird.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.checkpoint.AtomicFile;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.report.Chart;
import io.earlybird.report.Figure;
import io.earlybird.report.HtmlPage;
import io.earlybird.report.HtmlPage.Cell;
import io.earlybird.report.WidthBars;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The page on one run: what was compared, curves, mask distances, the tickets' layers, energy,
 * every epoch, and the settings.
 */
public final class RunReport {
  /** Name of the page in a run folder. */
  public static final String FILE = "report.html";

  /** More curves in a picture can't be told apart. */
  private static final int MOST_CURVES = 8;

  private static final Set<String> NO_COLUMNS = Set.of("event", "phase");

  private final RunRecords run;
  private final HtmlPage page;

  private RunReport(RunRecords run) {
    this.run = run;
    this.page = new HtmlPage("earlybird " + run.settings().command() + ": " + name(run.folder()));
  }

  private static String name(Path folder) {
    return folder.toAbsolutePath().normalize().getFileName().toString();
  }

  /**
   * Writes the page.
   *
   * @param folder of the run
   * @param file where the page goes
   * @throws io.earlybird.EarlybirdException if the folder holds no run or the file cannot be
   *     written
   */
  public static void write(Path folder, Path file) {
    byte[] text = html(folder).getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, out -> out.write(text));
  }

  /** The page's text. */
  public static String html(Path folder) {
    RunReport report = new RunReport(RunRecords.read(folder));
    report.results();
    report.existence();
    report.curves();
    report.masks();
    report.widths();
    EnergySection.add(report.run, report.page);
    report.epochs();
    report.settings();
    return report.page.html();
  }

  private void results() {
    page.section("Results");
    JsonNode networks = run.summary().map(s -> s.path("networks")).orElse(null);
    if (networks != null && networks.isArray()) {
      compared(networks);
    } else {
      trainings();
    }
  }

  private void compared(JsonNode networks) {
    List<List<Cell>> rows = new ArrayList<>();
    double denseFlops = networks.path(0).path("training_flops").asDouble();
    double denseSeconds = networks.path(0).path("seconds").asDouble();
    for (JsonNode n : networks) {
      double flops = n.path("training_flops").asDouble();
      double seconds = n.path("seconds").asDouble();
      int drawn = n.path("drawn_epoch").asInt(-1);
      rows.add(
          List.of(
              Cell.of(n.path("name").asText()),
              Cell.of(drawn < 0 ? "-" : (n.path("drawn").asBoolean() ? "" : "last ") + (drawn + 1)),
              Cell.of(n.path("last_accuracy").asDouble(Double.NaN), 2),
              Cell.of(n.path("best_accuracy").asDouble(Double.NaN), 2),
              Cell.of(n.path("parameters").asDouble(), 0),
              Cell.of(n.path("step_flops").asDouble() / 1e6, 1),
              Cell.of(flops / 1e12, 3),
              Cell.of(flops / denseFlops, 3),
              Cell.of(seconds, 1),
              Cell.of(seconds / denseSeconds, 3)));
    }
    page.table(
        "comparison",
        List.of(
            "network",
            "drawn at epoch",
            "last accuracy %",
            "best accuracy %",
            "parameters",
            "MFLOP a picture",
            "training TFLOP",
            "of dense",
            "training seconds",
            "of dense"),
        rows);
  }

  private void trainings() {
    List<List<Cell>> rows = new ArrayList<>();
    run.epochs()
        .forEach(
            (phase, lines) -> {
              double[] accuracy = RunRecords.column(lines, "test_accuracy");
              rows.add(
                  List.of(
                      Cell.of(phase),
                      Cell.of(Integer.toString(lines.size())),
                      Cell.of(accuracy[accuracy.length - 1], 2),
                      Cell.of(Arrays.stream(accuracy).max().orElse(Double.NaN), 2),
                      Cell.of(Arrays.stream(RunRecords.column(lines, "train_seconds")).sum(), 1)));
            });
    page.table(
        "trainings",
        List.of("training", "epochs", "last accuracy %", "best accuracy %", "seconds"),
        rows);
  }

  private void existence() {
    if (ExistenceResults.exist(run.folder())) {
      page.section("Existence");
      page.figure(ExistenceResults.figure(ExistenceResults.read(run.folder())));
    }
  }

  private void curves() {
    if (run.epochs().isEmpty()) {
      return;
    }
    page.section("Curves");
    if (run.epochs().size() > MOST_CURVES) {
      page.text("The first " + MOST_CURVES + " of " + run.epochs().size() + " trainings.");
    }
    curve("test accuracy", "test_accuracy", "%");
    curve("training loss", "train_loss", "loss");
    curve("learning rate", "learning_rate", "rate");
  }

  private void curve(String title, String key, String unit) {
    List<Chart.Series> series = new ArrayList<>();
    for (Map.Entry<String, List<JsonNode>> e : run.epochs().entrySet()) {
      if (series.size() < MOST_CURVES) {
        double[] x =
            Arrays.stream(RunRecords.column(e.getValue(), "epoch")).map(v -> v + 1).toArray();
        double[] y = RunRecords.column(e.getValue(), key);
        series.add(Chart.Series.curve(e.getKey(), x, y, series.size()));
      }
    }
    page.figure(Chart.figure(title, "epoch", unit, false, series));
  }

  private void masks() {
    TicketSettings wanted = run.settings().tickets();
    if (wanted == null || run.masks().isEmpty()) {
      return;
    }
    page.section("Masks");
    if (SearchPictures.exists(run.folder())) {
      page.figure(SearchPictures.figure(run.folder(), wanted));
    }
    List<Chart.Series> series = new ArrayList<>();
    for (double ratio : wanted.ratios()) {
      double[] x = RunRecords.column(run.masks(), "epoch");
      double[] y =
          run.masks().stream()
              .mapToDouble(line -> largest(line.path("distances").path("" + ratio)))
              .toArray();
      series.add(Chart.Series.curve("p = " + ratio, x, y, series.size()));
    }
    page.figure(
        Chart.figure(
            "largest distance in the queue (limit " + wanted.limit() + ")",
            "epoch",
            "distance",
            true,
            series));
  }

  private static double largest(JsonNode distances) {
    double largest = Double.NaN;
    for (JsonNode d : distances) {
      largest = Double.isNaN(largest) ? d.asDouble() : Math.max(largest, d.asDouble());
    }
    return largest;
  }

  /** The layers of every pruned network in the run's folder or one within it. */
  private void widths() {
    List<Figure> figures = new ArrayList<>();
    try (Stream<Path> folders = Files.list(run.folder())) {
      List<Path> pruned =
          Stream.concat(Stream.of(run.folder()), folders.sorted())
              .map(f -> f.resolve(Prune.FILE))
              .filter(Files::isRegularFile)
              .limit(MOST_CURVES)
              .toList();
      for (Path file : pruned) {
        List<WidthBars.Layer> layers = Prune.layers(Checkpoint.readInfo(file));
        if (!layers.isEmpty()) {
          figures.add(WidthBars.figure("channels of " + name(file.getParent()), layers));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (!figures.isEmpty()) {
      page.section("Layers of the pruned networks");
      page.text("Blue: channels that are kept. Grey: those of the dense network.");
      figures.forEach(page::figure);
    }
  }

  private void epochs() {
    page.section("Every epoch");
    run.epochs()
        .forEach(
            (phase, lines) -> {
              Set<String> columns = new LinkedHashSet<>();
              lines.forEach(line -> line.fieldNames().forEachRemaining(columns::add));
              columns.removeAll(NO_COLUMNS);
              List<List<Cell>> rows = new ArrayList<>();
              for (JsonNode line : lines) {
                rows.add(columns.stream().map(c -> cell(line.path(c))).toList());
              }
              List<String> head = columns.stream().map(c -> c.replace('_', ' ')).toList();
              page.foldedTable("epochs of " + phase, head, rows);
            });
  }

  private static Cell cell(JsonNode value) {
    if (!value.isFloatingPointNumber()) {
      return Cell.of(value.isNull() || value.isMissingNode() ? "" : value.asText());
    }
    int decimals = Math.abs(value.asDouble()) >= 1000 ? 0 : 5;
    return new Cell(Cell.of(value.asDouble(), decimals).text(), value.asText());
  }

  private void settings() {
    page.section("Settings");
    List<List<Cell>> rows = new ArrayList<>();
    run.settings()
        .toJson()
        .properties()
        .forEach(
            part ->
                part.getValue()
                    .properties()
                    .forEach(
                        option ->
                            rows.add(
                                List.of(
                                    Cell.of("--" + option.getKey()),
                                    Cell.of(
                                        option.getValue().isTextual()
                                            ? option.getValue().asText()
                                            : option.getValue().toString())))));
    page.table("settings", List.of("option", "value"), rows);
  }
}
