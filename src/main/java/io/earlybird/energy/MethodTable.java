package io.earlybird.energy;

import io.earlybird.energy.MethodRun.Task;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * The paper's energy table from finished runs: a row per method and ratio, mean and spread over the
 * runs, savings against each baseline of the same ratio, the paper's figures beside them.
 *
 * @param rows in the paper's order
 * @param gridFactor grams of CO2 equivalent per kWh, NaN if it was not given
 */
public record MethodTable(List<Row> rows, double gridFactor) {
  /**
   * A mean over runs.
   *
   * @param mean NaN if there is no figure
   * @param deviation sample standard deviation, NaN for a single run
   * @param count runs
   */
  public record Spread(double mean, double deviation, int count) {
    static Spread of(List<Double> values) {
      int n = values.size();
      double mean = values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
      double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
      return new Spread(mean, n > 1 ? Math.sqrt(squares / (n - 1)) : Double.NaN, n);
    }
  }

  /**
   * One method at one ratio.
   *
   * @param method see {@link Methods}
   * @param ratio fraction of channels pruned
   * @param task what is trained, and on what
   * @param accuracy last test accuracy, percent
   * @param bestAccuracy highest test accuracy, percent
   * @param flopUnits training FLOPs in units of 5e13
   * @param roundedUnits the same from forward passes rounded as in the paper; mean NaN for networks
   *     too small for that
   * @param joules mean NaN if a run has no figure or their sources differ
   * @param source of the joules
   * @param seconds of training
   * @param flopSaving by baseline: its FLOPs divided by these
   * @param energySaving by baseline: its joules divided by these; measured ones alone
   * @param paper the paper's figures
   */
  public record Row(
      String method,
      double ratio,
      Task task,
      Spread accuracy,
      Spread bestAccuracy,
      Spread flopUnits,
      Spread roundedUnits,
      Spread joules,
      Optional<Energy.Source> source,
      Spread seconds,
      Map<String, Double> flopSaving,
      Map<String, Double> energySaving,
      Optional<PaperFigures.Cell> paper) {
    Optional<Energy> energy() {
      return source.map(s -> new Energy(joules.mean(), s));
    }
  }

  /** Copies the list. */
  public MethodTable {
    rows = List.copyOf(rows);
  }

  private record Key(Task task, String method, double ratio) {}

  /** The table of these runs. */
  public static MethodTable of(List<MethodRun> runs, double gridFactor) {
    Map<Key, List<MethodRun>> groups = new LinkedHashMap<>();
    runs.forEach(
        r ->
            groups
                .computeIfAbsent(new Key(r.task(), r.method(), r.ratio()), k -> new ArrayList<>())
                .add(r));
    List<Row> bare = new ArrayList<>();
    groups.forEach((key, members) -> bare.add(row(key, members)));
    bare.sort(
        Comparator.comparing((Row r) -> r.task().toString())
            .thenComparingInt(r -> place(r.method()))
            .thenComparing(Row::method)
            .thenComparingDouble(Row::ratio));
    return new MethodTable(bare.stream().map(r -> withSavings(r, bare)).toList(), gridFactor);
  }

  /** The tasks that there are rows of, in the order of the rows. */
  List<Task> tasks() {
    return rows.stream().map(Row::task).distinct().toList();
  }

  private static int place(String method) {
    int at = Methods.ORDER.indexOf(method);
    return at < 0 ? Methods.ORDER.size() : at;
  }

  private static Row row(Key key, List<MethodRun> runs) {
    Optional<Energy> sum = Energy.sum(runs.stream().map(MethodRun::total).toList());
    return new Row(
        key.method(),
        key.ratio(),
        key.task(),
        spread(runs, MethodRun::lastAccuracy),
        spread(runs, MethodRun::bestAccuracy),
        spread(runs, r -> PaperFigures.units(r.trainingFlops())),
        spread(runs, r -> PaperFigures.units(r.roundedFlops())),
        sum.isPresent()
            ? spread(runs, r -> r.total().orElseThrow().joules())
            : new Spread(Double.NaN, Double.NaN, runs.size()),
        sum.map(Energy::source),
        spread(runs, MethodRun::seconds),
        Map.of(),
        Map.of(),
        PaperFigures.find(key.task(), key.method(), key.ratio()));
  }

  private static Spread spread(List<MethodRun> runs, ToDoubleFunction<MethodRun> figure) {
    return Spread.of(runs.stream().map(figure::applyAsDouble).toList());
  }

  private static Row withSavings(Row r, List<Row> all) {
    Map<String, Double> flops = new LinkedHashMap<>();
    Map<String, Double> energy = new LinkedHashMap<>();
    for (String baseline : Methods.BASELINES) {
      Optional<Row> found =
          all.stream()
              .filter(b -> b.method().equals(baseline) && b.task().equals(r.task()))
              .filter(b -> baseline.equals(Methods.DENSE) || b.ratio() == r.ratio())
              .filter(b -> !b.method().equals(r.method()))
              .findFirst();
      found.ifPresent(
          b -> {
            flops.put(baseline, b.flopUnits().mean() / r.flopUnits().mean());
            saving(b, r).ifPresent(s -> energy.put(baseline, s));
          });
    }
    return new Row(
        r.method(),
        r.ratio(),
        r.task(),
        r.accuracy(),
        r.bestAccuracy(),
        r.flopUnits(),
        r.roundedUnits(),
        r.joules(),
        r.source(),
        r.seconds(),
        flops,
        energy,
        r.paper());
  }

  /** Only meters tell what was saved. */
  private static OptionalDouble saving(Row baseline, Row row) {
    Optional<Energy> more = baseline.energy().filter(Energy::isMeasured);
    Optional<Energy> less = row.energy().filter(Energy::isMeasured);
    return more.isPresent() && less.isPresent()
        ? more.get().ratioTo(less.get())
        : OptionalDouble.empty();
  }

  /** Grams of CO2 equivalent of a row's joules; NaN without a grid factor. */
  public double grams(Row row) {
    return row.joules().mean() / 3.6e6 * gridFactor;
  }
}
