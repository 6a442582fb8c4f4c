package io.earlybird.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/** Curves over a common horizontal axis, with axes, legend and, where wanted, error bars. */
public final class Chart {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 420;
  private static final int LEFT = 92;
  private static final int RIGHT = 24;
  private static final int TOP = 46;
  private static final int BOTTOM = 58;
  private static final int SCALE = 2;
  private static final int SMALL = 1;
  private static final int GRID = 0xe4e4e4;
  private static final int LEGEND_LINE = 16;
  private static final double MARGIN = 0.06;

  /**
   * One curve.
   *
   * @param name in the legend
   * @param x values
   * @param y values; what is not finite is left out
   * @param error half lengths of error bars, or null for none
   * @param line whether the points are joined
   * @param dashed whether the line is dashed
   * @param marker how points are drawn
   * @param color number of its colour: curves with the same number have the same colour
   */
  public record Series(
      String name,
      double[] x,
      double[] y,
      double[] error,
      boolean line,
      boolean dashed,
      Figure.Marker marker,
      int color) {
    /**
     * Checks that there are as many values everywhere.
     *
     * @throws IllegalArgumentException if not
     */
    public Series {
      if (x.length != y.length || (error != null && error.length != x.length)) {
        throw new IllegalArgumentException(name + ": " + x.length + " x for " + y.length + " y");
      }
    }

    /** Joined points. */
    public static Series curve(String name, double[] x, double[] y, int color) {
      return new Series(name, x, y, null, true, false, Figure.Marker.DOT, color);
    }
  }

  private final Figure figure = new Figure(WIDTH, HEIGHT);
  private final double[] xRange;
  private final double[] yRange;

  private Chart(List<Series> series, boolean fromZero) {
    xRange = range(series.stream().flatMapToDouble(s -> Arrays.stream(s.x)), false);
    yRange =
        range(
            series.stream()
                .flatMapToDouble(
                    s ->
                        s.error == null
                            ? Arrays.stream(s.y)
                            : DoubleStream.concat(ends(s, -1), ends(s, 1))),
            fromZero);
  }

  private static DoubleStream ends(Series s, int sign) {
    double[] out = new double[s.y.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = s.y[i] + sign * s.error[i];
    }
    return Arrays.stream(out);
  }

  /** Smallest and largest finite value with some room around. */
  private static double[] range(DoubleStream values, boolean fromZero) {
    double[] finite = values.filter(Double::isFinite).toArray();
    double low = fromZero ? 0 : Arrays.stream(finite).min().orElse(0);
    double high = Arrays.stream(finite).max().orElse(1);
    double room = high > low ? (high - low) * MARGIN : Math.max(0.5, Math.abs(high) * 0.01);
    return new double[] {fromZero ? 0 : low - room, high + room};
  }

  /**
   * Draws a chart.
   *
   * @param title written above
   * @param xLabel written below the horizontal axis
   * @param yLabel written beside the vertical axis
   * @param fromZero whether the vertical axis begins at 0
   * @param series later ones on top
   * @throws IllegalArgumentException if there is none
   */
  public static Figure figure(
      String title, String xLabel, String yLabel, boolean fromZero, List<Series> series) {
    if (series.isEmpty()) {
      throw new IllegalArgumentException("no curve to draw");
    }
    Chart chart = new Chart(series, fromZero);
    chart.axes(title, xLabel, yLabel);
    series.forEach(chart::draw);
    chart.legend(series);
    return chart.figure;
  }

  private double px(double x) {
    return LEFT + (x - xRange[0]) / (xRange[1] - xRange[0]) * (WIDTH - LEFT - RIGHT);
  }

  private double py(double y) {
    return HEIGHT - BOTTOM - (y - yRange[0]) / (yRange[1] - yRange[0]) * (HEIGHT - TOP - BOTTOM);
  }

  private void axes(String title, String xLabel, String yLabel) {
    int plotWidth = WIDTH - LEFT - RIGHT;
    int plotHeight = HEIGHT - TOP - BOTTOM;
    text(title, LEFT + plotWidth / 2, 0.5, 12, SCALE);
    double step = step(xRange, 10);
    for (double x : ticks(xRange, step)) {
      int at = (int) Math.round(px(x));
      figure.add(new Figure.Box(at, TOP, 1, plotHeight, GRID));
      text(label(x, step), at, 0.5, HEIGHT - BOTTOM + 8, SMALL);
    }
    step = step(yRange, 7);
    for (double y : ticks(yRange, step)) {
      int at = (int) Math.round(py(y));
      figure.add(new Figure.Box(LEFT, at, plotWidth, 1, GRID));
      text(label(y, step), LEFT - 8, 1, at - 3, SMALL);
    }
    figure.add(new Figure.Frame(LEFT, TOP, plotWidth, plotHeight, 1, Figure.INK));
    text(xLabel, LEFT + plotWidth / 2, 0.5, HEIGHT - 26, SCALE);
    int middle = TOP + plotHeight / 2;
    figure.add(new Figure.UpwardText(yLabel, 14, middle, SCALE, Figure.INK));
  }

  private void text(String text, int x, double align, int top, int scale) {
    figure.add(new Figure.Text(text, x, align, top, scale, Figure.INK));
  }

  private void draw(Series s) {
    int color = Figure.color(s.color);
    List<double[]> points = new ArrayList<>();
    List<String> hints = new ArrayList<>();
    for (int i = 0; i < s.x.length; i++) {
      if (Double.isFinite(s.y[i])) {
        points.add(new double[] {px(s.x[i]), py(s.y[i])});
        hints.add(hint(s, i));
        if (s.error != null && s.error[i] > 0) {
          errorBar(points.get(points.size() - 1)[0], s.y[i] - s.error[i], s.y[i] + s.error[i], s);
        }
      }
    }
    double size = s.marker == Figure.Marker.STAR ? 9 : s.x.length > 60 ? 1.6 : 3;
    figure.add(
        new Figure.Curve(
            s.name,
            points.stream().mapToDouble(p -> p[0]).toArray(),
            points.stream().mapToDouble(p -> p[1]).toArray(),
            hints,
            s.line ? 2 : 0,
            s.dashed,
            s.marker,
            size,
            color));
  }

  private static String hint(Series s, int i) {
    String value = String.format(Locale.ROOT, "%s: %.6g, %.6g", s.name, s.x[i], s.y[i]);
    return s.error == null ? value : value + String.format(Locale.ROOT, " ± %.3g", s.error[i]);
  }

  private void errorBar(double x, double low, double high, Series s) {
    int at = (int) Math.round(x);
    int top = (int) Math.round(py(high));
    int bottom = (int) Math.round(py(low));
    int color = Figure.color(s.color);
    figure.add(new Figure.Box(at, top, 1, bottom - top, color));
    figure.add(new Figure.Box(at - 4, top, 9, 1, color));
    figure.add(new Figure.Box(at - 4, bottom, 9, 1, color));
  }

  /** In the corner of the plot that the curves leave freest. */
  private void legend(List<Series> series) {
    List<Series> named = series.stream().filter(s -> !s.name.isEmpty()).toList();
    int wide = named.stream().mapToInt(s -> PixelFont.width(s.name)).max().orElse(0) + 44;
    int high = named.size() * LEGEND_LINE + 8;
    int best = 0;
    long fewest = Long.MAX_VALUE;
    for (int corner = 0; corner < 4; corner++) {
      int left = left(corner, wide);
      int top = top(corner, high);
      long covered = 0;
      for (Series s : series) {
        for (int i = 0; i < s.x.length; i++) {
          double x = px(s.x[i]);
          double y = py(s.y[i]);
          covered += x > left && x < left + wide && y > top && y < top + high ? 1 : 0;
        }
      }
      if (covered < fewest) {
        fewest = covered;
        best = corner;
      }
    }
    entries(named, left(best, wide), top(best, high), wide, high);
  }

  private static int left(int corner, int wide) {
    return corner % 2 == 0 ? WIDTH - RIGHT - wide - 6 : LEFT + 6;
  }

  private static int top(int corner, int high) {
    return corner / 2 == 0 ? HEIGHT - BOTTOM - high - 6 : TOP + 6;
  }

  private void entries(List<Series> named, int left, int top, int wide, int high) {
    figure.add(new Figure.Box(left, top, wide, high, Figure.BACKGROUND));
    figure.add(new Figure.Frame(left, top, wide, high, 1, GRID));
    int y = top + 4 + LEGEND_LINE / 2;
    for (Series s : named) {
      int color = Figure.color(s.color);
      if (s.line) {
        for (int x = 0; x < 24; x += 9) {
          figure.add(new Figure.Box(left + 6 + x, y - 1, s.dashed ? 6 : 9, 2, color));
        }
      }
      if (s.marker != Figure.Marker.NONE) {
        double[] at = {left + 19.0};
        double size = s.marker == Figure.Marker.STAR ? 6 : 3;
        figure.add(
            new Figure.Curve(
                "", at, new double[] {y}, List.of(s.name), 0, false, s.marker, size, color));
      }
      text(s.name, left + 38, 0, y - 3, SMALL);
      y += LEGEND_LINE;
    }
  }

  /** A step of 1, 2 or 5 times a power of ten that gives at most so many ticks. */
  private static double step(double[] range, int most) {
    double raw = (range[1] - range[0]) / most;
    double power = Math.pow(10, Math.floor(Math.log10(raw)));
    for (int factor : new int[] {1, 2, 5}) {
      if (factor * power >= raw * (1 - 1e-9)) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  private static List<Double> ticks(double[] range, double step) {
    List<Double> out = new ArrayList<>();
    for (long i = (long) Math.ceil(range[0] / step - 1e-9); i * step <= range[1]; i++) {
      out.add(i * step);
    }
    return out;
  }

  private static String label(double value, double step) {
    int digits = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}
