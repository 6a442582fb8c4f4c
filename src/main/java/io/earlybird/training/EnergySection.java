package io.earlybird.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.energy.Energy;
import io.earlybird.energy.RunEnergy;
import io.earlybird.report.HtmlPage;
import io.earlybird.report.HtmlPage.Cell;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The energy of a run on its page: what measured it, every phase, every epoch. */
final class EnergySection {
  private static final List<String> FIGURES =
      List.of("seconds", "joules", "source", "watts", "pictures per joule");

  private final RunEnergy energy;
  private final HtmlPage page;

  private EnergySection(RunEnergy energy, HtmlPage page) {
    this.energy = energy;
    this.page = page;
  }

  /** Adds the section, unless the run knows of no window. */
  static void add(RunRecords run, HtmlPage page) {
    RunEnergy energy = RunEnergy.read(run.folder().resolve(RunFolder.METRICS));
    if (energy.windows().isEmpty()) {
      return;
    }
    page.section("Energy");
    EnergySection section = new EnergySection(energy, page);
    run.meters().ifPresent(section::meters);
    section.phases();
    section.epochs();
  }

  private void meters(JsonNode line) {
    page.text(line.path("meters").asText() + ".");
    if (line.path("idle_watts").isNumber()) {
      page.text(
          String.format(
              Locale.ROOT,
              "The idle machine took %.1f W, which are in these joules.",
              line.path("idle_watts").asDouble()));
    }
    if (energy.windows().stream()
        .anyMatch(w -> w.total().filter(e -> !e.isMeasured()).isPresent())) {
      page.text(
          "Estimated joules come from operations and bytes ("
              + line.path("estimates_from").asText()
              + "); they are compared only with each other.");
    }
  }

  private void phases() {
    List<List<Cell>> rows = new ArrayList<>();
    energy
        .byPhase()
        .forEach(
            (phase, windows) ->
                windows.forEach(
                    (path, sum) -> {
                      List<Cell> row = new ArrayList<>(List.of(Cell.of(phase), Cell.of(path)));
                      row.addAll(figures(sum));
                      rows.add(row);
                    }));
    page.table("energy", head("part", "window"), rows);
  }

  private void epochs() {
    Map<String, List<List<Cell>>> tables = new LinkedHashMap<>();
    for (RunEnergy.Window w : energy.windows()) {
      if (w.epoch() >= 0) {
        List<Cell> row = new ArrayList<>();
        row.add(Cell.of(Integer.toString(w.epoch() + 1)));
        row.add(Cell.of(w.path()));
        row.addAll(figures(new RunEnergy.Sum(w.seconds(), w.total(), w.images())));
        tables.computeIfAbsent(w.phase(), p -> new ArrayList<>()).add(row);
      }
    }
    tables.forEach(
        (phase, rows) ->
            page.foldedTable("energy of the epochs of " + phase, head("epoch", "window"), rows));
  }

  private static List<String> head(String... first) {
    List<String> head = new ArrayList<>(List.of(first));
    head.addAll(FIGURES);
    return head;
  }

  private static List<Cell> figures(RunEnergy.Sum sum) {
    return List.of(
        Cell.of(sum.seconds(), 3),
        Cell.of(sum.total().map(Energy::joules).orElse(Double.NaN), 3),
        Cell.of(sum.total().map(e -> e.source().label()).orElse("not measurable")),
        Cell.of(sum.averageWatts(), 2),
        Cell.of(sum.imagesPerJoule(), 3));
  }
}
