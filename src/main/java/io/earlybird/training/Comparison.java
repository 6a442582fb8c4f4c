package io.earlybird.training;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a pipeline came to: the dense network and each ticket side by side. FLOPs and seconds of a
 * ticket count the search up to its drawing, then its own training.
 *
 * @param entries the dense network first, then the tickets in the order of the ratios
 */
public record Comparison(List<Entry> entries) {
  /**
   * One network.
   *
   * @param name {@code dense} or {@code ticket 30%}
   * @param drawnEpoch index of the epoch at whose start the ticket was drawn; -1 for the dense one
   * @param drawn false if the ticket is the last mask because none was drawn; true for the dense
   *     one
   * @param bestAccuracy highest test accuracy of an epoch, percent
   * @param lastAccuracy test accuracy after the last epoch, percent
   * @param parameters parameters by the original's rule
   * @param stepFlops FLOPs of one picture's forward pass
   * @param trainingFlops FLOPs of all training by the paper's convention, search included
   * @param seconds time spent in training steps, search included
   * @param microsecondsPerImage time of one picture in a training step, median over the epochs
   * @param sha256 of the final weights
   */
  public record Entry(
      String name,
      int drawnEpoch,
      boolean drawn,
      double bestAccuracy,
      double lastAccuracy,
      long parameters,
      long stepFlops,
      double trainingFlops,
      double seconds,
      double microsecondsPerImage,
      String sha256) {}

  /** Copies the list. */
  public Comparison {
    entries = List.copyOf(entries);
  }

  private static final String ROW = " %6s  %8s %8s  %11s  %9s %8s  %8s %8s%s%n";
  private static final String JOULES = "  %10s";

  /** The table, a line per network; what the figures mean stands below it. */
  public String toTable() {
    return toTable(List.of());
  }

  /**
   * The table with the energy that training took.
   *
   * @param joules of each network, the search up to the drawing included; empty for no such column
   */
  public String toTable(List<Double> joules) {
    Entry dense = entries.get(0);
    Unit unit = Unit.of(dense.trainingFlops());
    int longest = entries.stream().mapToInt(e -> e.name().length()).max().getAsInt();
    String row = "%-" + Math.max(12, longest) + "s" + ROW;
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            row,
            "network",
            "drawn",
            "last %",
            "best %",
            "parameters",
            unit.name,
            "of dense",
            "seconds",
            "of dense",
            joules.isEmpty() ? "" : String.format(JOULES, "joules")));
    for (int i = 0; i < entries.size(); i++) {
      Entry e = entries.get(i);
      out.append(
          String.format(
              row,
              e.name(),
              e.drawnEpoch() < 0 ? "-" : (e.drawn() ? "" : "last ") + (e.drawnEpoch() + 1),
              decimals(2, e.lastAccuracy()),
              decimals(2, e.bestAccuracy()),
              String.format(Locale.ROOT, "%,d", e.parameters()),
              decimals(2, e.trainingFlops() / unit.size),
              decimals(2, e.trainingFlops() / dense.trainingFlops()),
              decimals(1, e.seconds()),
              decimals(2, e.seconds() / dense.seconds()),
              joules.isEmpty() ? "" : String.format(Locale.ROOT, "  %,10.0f", joules.get(i))));
    }
    out.append(
        String.format(
            "drawn: epoch at whose start; last and best: test accuracy; %s%s: training, the search"
                + " up to the drawing included%n",
            unit.name, joules.isEmpty() ? " and seconds" : ", seconds and joules"));
    return out.toString();
  }

  /** Beginning of the names of tickets. */
  static final String TICKET = "ticket ";

  private enum Unit {
    GFLOP(1e9),
    TFLOP(1e12),
    PFLOP(1e15);

    private final String name = name();
    private final double size;

    Unit(double size) {
      this.size = size;
    }

    static Unit of(double flops) {
      return flops >= 1e15 ? PFLOP : flops >= 1e12 ? TFLOP : GFLOP;
    }
  }

  private static String decimals(int digits, double value) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  /** One sentence: which share of the FLOPs that pruning saves per step became saved time. */
  public Optional<String> savingSentence() {
    Entry dense = entries.get(0);
    List<String> parts = new ArrayList<>();
    for (Entry e : entries.subList(1, entries.size())) {
      double flops = 1 - (double) e.stepFlops() / dense.stepFlops();
      double time = 1 - e.microsecondsPerImage() / dense.microsecondsPerImage();
      if (flops > 0 && Double.isFinite(time) && e.name().startsWith(TICKET)) {
        parts.add(
            String.format(
                Locale.ROOT,
                "%.0f%% for %s (%.0f%% fewer FLOPs, %.0f%% less time)",
                100 * time / flops,
                e.name(),
                100 * flops,
                100 * time));
      }
    }
    return parts.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "Of the FLOPs that pruning saves in a training step, this share became saved time: "
                + String.join(", ", parts)
                + ".");
  }
}
