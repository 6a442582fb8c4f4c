package io.earlybird.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.tickets.MaskDistance;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Two runs side by side: what was chosen otherwise, what came of it, and how alike tickets are. */
public final class RunDifferences {
  private final RunRecords a;
  private final RunRecords b;
  private final StringBuilder out = new StringBuilder();

  private RunDifferences(RunRecords a, RunRecords b) {
    this.a = a;
    this.b = b;
  }

  /**
   * The comparison as text for people.
   *
   * @throws io.earlybird.EarlybirdException if a folder holds no run
   */
  public static String text(Path runA, Path runB) {
    RunDifferences d = new RunDifferences(RunRecords.read(runA), RunRecords.read(runB));
    d.settings();
    d.trainings();
    d.tickets();
    return d.out.toString();
  }

  private void line(String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private void settings() {
    line("A  %s%nB  %s", a.folder(), b.folder());
    if (!a.settings().command().equals(b.settings().command())) {
      line("command: '%s' in A, '%s' in B", a.settings().command(), b.settings().command());
    }
    List<Settings.Change> changes = b.settings().changesFrom(a.settings());
    changes.forEach(c -> line("--%s: %s in A, %s in B", c.option(), c.before(), c.after()));
    if (changes.isEmpty()) {
      line("the settings are the same");
    }
  }

  private void trainings() {
    Set<String> phases = new LinkedHashSet<>(a.epochs().keySet());
    phases.addAll(b.epochs().keySet());
    line("");
    line(
        "%-24s %11s %17s %8s %17s %17s  %s",
        "training", "epochs", "last accuracy %", "B - A", "best accuracy %", "seconds", "records");
    for (String phase : phases) {
      List<JsonNode> of = a.epochs().getOrDefault(phase, List.of());
      List<JsonNode> with = b.epochs().getOrDefault(phase, List.of());
      line(
          "%-24s %5d %5d %8.2f %8.2f %8.2f %8.2f %8.2f %8.1f %8.1f  %s",
          phase,
          of.size(),
          with.size(),
          last(of),
          last(with),
          last(with) - last(of),
          best(of),
          best(with),
          seconds(of),
          seconds(with),
          sameUntil(of, with));
    }
  }

  private static double last(List<JsonNode> epochs) {
    double[] all = RunRecords.column(epochs, "test_accuracy");
    return all.length == 0 ? Double.NaN : all[all.length - 1];
  }

  private static double best(List<JsonNode> epochs) {
    return Arrays.stream(RunRecords.column(epochs, "test_accuracy")).max().orElse(Double.NaN);
  }

  private static double seconds(List<JsonNode> epochs) {
    return Arrays.stream(RunRecords.column(epochs, "train_seconds")).sum();
  }

  /** From which epoch on losses and accuracies differ. */
  private static String sameUntil(List<JsonNode> of, List<JsonNode> with) {
    int both = Math.min(of.size(), with.size());
    for (int i = 0; i < both; i++) {
      for (String key : List.of("epoch", "train_loss", "test_loss", "test_accuracy")) {
        if (!of.get(i).path(key).equals(with.get(i).path(key))) {
          return "differ from epoch " + (of.get(i).path("epoch").asInt() + 1) + " on";
        }
      }
    }
    return both == 0 ? "in one run only" : "equal" + (of.size() == with.size() ? "" : " so far");
  }

  private void tickets() {
    Map<Double, Integer> ofA = a.drawnEpochs();
    Map<Double, Integer> ofB = b.drawnEpochs();
    Set<Double> ratios = new TreeSet<>(ofA.keySet());
    ratios.addAll(ofB.keySet());
    for (double ratio : ratios) {
      Integer atA = ofA.get(ratio);
      Integer atB = ofB.get(ratio);
      line(
          "ticket %s%%: drawn at the start of epoch %s in A, %s in B%s",
          Ticket.percent(ratio),
          atA == null ? "-" : atA + 1,
          atB == null ? "-" : atB + 1,
          atA == null || atB == null ? "" : distance(ratio, atA, atB));
    }
  }

  private String distance(double ratio, int atA, int atB) {
    if (!SearchPictures.exists(a.folder()) || !SearchPictures.exists(b.folder())) {
      return "";
    }
    var maskA = FinishedSearch.read(a.folder()).masks(ratio, atA, atA).get(0);
    var maskB = FinishedSearch.read(b.folder()).masks(ratio, atB, atB).get(0);
    return maskA.size() == maskB.size()
        ? String.format(
            Locale.ROOT, "; distance of the masks %.4f", MaskDistance.between(maskA, maskB))
        : "; masks of different networks";
  }
}
