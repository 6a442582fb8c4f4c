package io.earlybird.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.AtomicFile;
import io.earlybird.report.Chart;
import io.earlybird.report.Figure;
import io.earlybird.training.Existence.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** What an {@link Existence} came to: as JSON, as a table and as the paper's first figure. */
public final class ExistenceResults {
  /** Name of the figure's files, and with {@code .json} of the results'. */
  public static final String NAME = "existence";

  private static final ObjectMapper JSON = new ObjectMapper();

  private ExistenceResults() {}

  /**
   * Mean and spread of the last test accuracy over the seeds of one ticket.
   *
   * @param drawn epochs trained before it was drawn
   * @param best whether it was drawn from the best checkpoint
   * @param seeds retrainings
   * @param mean percent
   * @param deviation standard deviation of the sample, percent; 0 of a single seed
   * @param bestMean mean of the highest accuracy of an epoch, percent
   */
  public record Summary(
      boolean second,
      double ratio,
      int drawn,
      boolean best,
      int seeds,
      double mean,
      double deviation,
      double bestMean) {}

  /** Writes {@code existence.json}, {@code existence.png} and {@code existence.svg}. */
  static void write(Path folder, List<Point> points) {
    try {
      byte[] text = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(points);
      AtomicFile.write(folder.resolve(NAME + ".json"), out -> out.write(text));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    figure(points).write(folder, NAME);
  }

  /** Whether a run's folder holds results. */
  static boolean exist(Path folder) {
    return Files.exists(folder.resolve(NAME + ".json"));
  }

  /**
   * What {@link #write} wrote.
   *
   * @throws EarlybirdException if it cannot be read
   */
  public static List<Point> read(Path folder) {
    Path file = folder.resolve(NAME + ".json");
    try {
      return List.of(JSON.readValue(file.toFile(), Point[].class));
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** One line per ticket, seeds joined, in the order of the points; dense networks have ratio 0. */
  public static List<Summary> summaries(List<Point> points) {
    List<Summary> out = new ArrayList<>();
    for (Point p : points) {
      Predicate<Point> same =
          q ->
              q.second() == p.second()
                  && q.ratio() == p.ratio()
                  && q.drawn() == p.drawn()
                  && q.best() == p.best();
      List<Point> seeds = points.stream().filter(same).toList();
      if (seeds.get(0) == p) {
        out.add(summary(seeds));
      }
    }
    return out;
  }

  private static Summary summary(List<Point> seeds) {
    Point p = seeds.get(0);
    double[] last = seeds.stream().mapToDouble(Point::lastAccuracy).toArray();
    double mean = Arrays.stream(last).average().getAsDouble();
    double squares = Arrays.stream(last).map(v -> (v - mean) * (v - mean)).sum();
    double deviation = last.length < 2 ? 0 : Math.sqrt(squares / (last.length - 1));
    double best = seeds.stream().mapToDouble(Point::bestAccuracy).average().getAsDouble();
    return new Summary(
        p.second(), p.ratio(), p.drawn(), p.best(), last.length, mean, deviation, best);
  }

  /** A table for people. */
  public static String table(List<Point> points) {
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            "%-10s %-8s %-14s %5s  %-16s %8s%n",
            "schedule", "ratio", "drawn after", "seeds", "last accuracy %", "best %"));
    for (Summary s : summaries(points)) {
      out.append(
          String.format(
              Locale.ROOT,
              "%-10s %-8s %-14s %5d  %-16s %8.2f%n",
              s.second() ? "second" : "first",
              s.ratio() == 0 ? "dense" : "" + s.ratio(),
              s.ratio() == 0 ? "-" : s.drawn() + (s.best() ? " (best)" : ""),
              s.seeds(),
              String.format(Locale.ROOT, "%.2f", s.mean())
                  + (s.seeds() > 1 ? String.format(Locale.ROOT, " ± %.2f", s.deviation()) : ""),
              s.bestMean()));
    }
    return out.toString();
  }

  /** Accuracy against drawing epoch, with error bars, stars and the unpruned line. */
  public static Figure figure(List<Point> points) {
    List<Summary> all = summaries(points);
    List<Chart.Series> series = new ArrayList<>();
    double[] ends = {
      all.stream().filter(s -> s.ratio() > 0).mapToDouble(Summary::drawn).min().orElse(0),
      all.stream().mapToDouble(Summary::drawn).max().orElse(1)
    };
    for (boolean second : new boolean[] {false, true}) {
      String which = second ? ", second schedule" : "";
      List<Summary> own = all.stream().filter(s -> s.second() == second).toList();
      for (double ratio : own.stream().mapToDouble(Summary::ratio).distinct().toArray()) {
        int color = series.size();
        List<Summary> of = own.stream().filter(s -> s.ratio() == ratio).toList();
        if (ratio == 0) {
          double[] level = {of.get(0).mean(), of.get(0).mean()};
          series.add(
              new Chart.Series(
                  "unpruned" + which, ends, level, null, true, true, Figure.Marker.NONE, color));
          continue;
        }
        String name = "p = " + ratio + which;
        List<Summary> line = of.stream().filter(s -> !s.best()).toList();
        if (!line.isEmpty()) {
          series.add(points(name, line, second, Figure.Marker.DOT, color));
        }
        List<Summary> star = of.stream().filter(Summary::best).toList();
        series.add(points(name + ", best", star, second, Figure.Marker.STAR, color));
      }
    }
    return Chart.figure(
        "retrained tickets by the epoch in which they were drawn",
        "epochs trained before drawing (star: best checkpoint)",
        "test accuracy %",
        false,
        series);
  }

  private static Chart.Series points(
      String name, List<Summary> of, boolean dashed, Figure.Marker marker, int color) {
    return new Chart.Series(
        name,
        of.stream().mapToDouble(Summary::drawn).toArray(),
        of.stream().mapToDouble(Summary::mean).toArray(),
        of.stream().mapToDouble(Summary::deviation).toArray(),
        marker == Figure.Marker.DOT,
        dashed,
        marker,
        color);
  }
}
