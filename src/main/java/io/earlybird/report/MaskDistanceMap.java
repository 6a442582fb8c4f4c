package io.earlybird.report;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The picture of a search (paper, figure 3): for each ratio a square whose pixel (i, j) shows the
 * distance between the masks of epochs i and j, warm (yellow) where it is small. The masks among
 * which the ticket was drawn are framed and the epoch is written beside them.
 */
public final class MaskDistanceMap {
  private static final int PLOT = 360;
  private static final int LEFT = 66;
  private static final int TOP = 62;
  private static final int HEAD = 28;
  private static final int BOTTOM = 56;
  private static final int BAR_WIDTH = 16;
  private static final int BAR_ROOM = 132;
  private static final int SCALE = 2;
  private static final int MARK = 0xe0191c;

  private final Figure figure;
  private final double largest;
  private final Show show;

  private MaskDistanceMap(Figure figure, double largest, Show show) {
    this.figure = figure;
    this.largest = largest;
    this.show = show;
  }

  /** What the colours are labelled with; the picture is the same. */
  public enum Show {
    /** The share of channels that only one of two masks keeps. */
    DISTANCE,
    /** 1 - distance. */
    OVERLAP;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One ratio's square.
   *
   * @param title written above, for instance {@code p = 0.3}
   * @param distances {@code [n,n]} mask distances in [0,1]
   * @param firstEpoch index of the epoch of row and column 0
   * @param drawnEpoch index of the epoch in which the ticket was drawn, or -1
   * @param queue number of masks, ending with the drawn one, to be framed
   */
  public record Panel(
      String title, double[][] distances, int firstEpoch, int drawnEpoch, int queue) {
    /**
     * Checks that the distances are a square of values in [0,1].
     *
     * @throws IllegalArgumentException if they are not
     */
    public Panel {
      for (double[] row : distances) {
        if (row.length != distances.length
            || Arrays.stream(row).anyMatch(d -> !(d >= 0 && d <= 1))) {
          throw new IllegalArgumentException("mask distances must be a square of values in [0,1]");
        }
      }
      if (distances.length == 0) {
        throw new IllegalArgumentException("no mask distances to draw");
      }
    }

    /** Pixels per epoch, so that a plot is about {@code PLOT} wide but never loses an epoch. */
    private int cell() {
      return Math.max(1, PLOT / distances.length);
    }

    private int side() {
      return cell() * distances.length;
    }
  }

  /**
   * The panels side by side, with one colour bar.
   *
   * @param title written above everything
   */
  public static Figure figure(String title, List<Panel> panels) {
    return figure(title, List.of(panels), Show.DISTANCE);
  }

  /**
   * Rows of panels, a run each, say, with one colour scale for all.
   *
   * @param title written above everything
   */
  public static Figure figure(String title, List<List<Panel>> rows, Show show) {
    if (rows.isEmpty() || rows.stream().anyMatch(List::isEmpty)) {
      throw new IllegalArgumentException("no panel to draw");
    }
    int plots = rows.stream().mapToInt(MaskDistanceMap::width).max().getAsInt();
    int width = Math.max(plots + BAR_ROOM, PixelFont.width(title) * SCALE + 32);
    int height = HEAD + rows.stream().mapToInt(MaskDistanceMap::height).sum();
    Figure figure = new Figure(width, height);
    figure.add(new Figure.Text(title, width / 2, 0.5, 8, SCALE, Figure.INK));
    MaskDistanceMap map = new MaskDistanceMap(figure, largest(rows), show);
    int top = TOP;
    for (List<Panel> row : rows) {
      int left = LEFT;
      for (Panel panel : row) {
        map.panel(panel, left, top);
        left += panel.side() + LEFT;
      }
      top += height(row);
    }
    map.bar(plots + 24, tallest(rows.get(0)));
    return figure;
  }

  private static int width(List<Panel> row) {
    return row.stream().mapToInt(p -> p.side() + LEFT).sum();
  }

  private static int tallest(List<Panel> row) {
    return row.stream().mapToInt(Panel::side).max().getAsInt();
  }

  private static int height(List<Panel> row) {
    return TOP - HEAD + tallest(row) + BOTTOM;
  }

  /** Upper end of the colour scale: the largest distance, rounded up to a tenth. */
  private static double largest(List<List<Panel>> rows) {
    double largest =
        rows.stream()
            .flatMap(List::stream)
            .flatMap(p -> Arrays.stream(p.distances()))
            .flatMapToDouble(Arrays::stream)
            .max()
            .getAsDouble();
    return Math.max(1, Math.ceil(largest * 10 - 1e-9)) / 10;
  }

  private void panel(Panel panel, int left, int top) {
    int n = panel.distances().length;
    int cell = panel.cell();
    int[][] colors = new int[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        colors[i][j] = Viridis.color(1 - panel.distances()[i][j] / largest);
      }
    }
    figure.add(new Figure.Raster(left, top, cell, colors));
    int side = panel.side();
    figure.add(new Figure.Frame(left, top, side, side, 1, Figure.INK));
    int scale = PixelFont.width(panel.title()) * SCALE > side + LEFT ? 1 : SCALE;
    text(panel.title(), left + side / 2, 0.5, top - 10 - PixelFont.HEIGHT * scale, scale);
    int step = tickStep(n, cell);
    for (int i = 0; i < n; i++) {
      if ((panel.firstEpoch() + i) % step == 0) {
        String label = Integer.toString(panel.firstEpoch() + i);
        int center = i * cell + cell / 2;
        figure.add(new Figure.Box(left + center, top + side + 1, 1, 5, Figure.INK));
        text(label, left + center, 0.5, top + side + 9, SCALE);
        figure.add(new Figure.Box(left - 6, top + center, 5, 1, Figure.INK));
        text(label, left - 9, 1, top + center - PixelFont.HEIGHT, SCALE);
      }
    }
    text("epochs trained", left + side / 2, 0.5, top + side + 32, SCALE);
    figure.add(
        new Figure.UpwardText(
            "epochs trained", left - LEFT + 4, top + side / 2, SCALE, Figure.INK));
    mark(panel, left, top);
  }

  private void text(String text, int x, double align, int top, int scale) {
    figure.add(new Figure.Text(text, x, align, top, scale, Figure.INK));
  }

  private void mark(Panel panel, int left, int top) {
    int n = panel.distances().length;
    int cell = panel.cell();
    int last = panel.drawnEpoch() - panel.firstEpoch();
    if (panel.drawnEpoch() < 0 || last < 0 || last >= n) {
      return;
    }
    int first = Math.max(0, last - panel.queue() + 1);
    int size = (last - first + 1) * cell;
    int at = first * cell;
    figure.add(new Figure.Frame(left + at, top + at, size, size, 2, MARK));
    String label = "after " + panel.drawnEpoch();
    int labelWidth = PixelFont.width(label) * SCALE + 8;
    int labelHeight = PixelFont.HEIGHT * SCALE + 10;
    int x = labelLeft(at, size, labelWidth, n * cell) + left;
    int y = top + at + size / 2 - labelHeight / 2;
    figure.add(new Figure.Box(x, y, labelWidth, labelHeight, Figure.BACKGROUND));
    figure.add(new Figure.Frame(x, y, labelWidth, labelHeight, 1, MARK));
    figure.add(new Figure.Text(label, x + 4, 0, y + 4, SCALE, MARK));
  }

  /** Right of the frame if there is room, else left of it, else within. */
  private static int labelLeft(int at, int size, int labelWidth, int side) {
    int gap = 6;
    if (at + size + 2 * gap + labelWidth <= side) {
      return at + size + gap;
    }
    return at - 2 * gap - labelWidth >= 0 ? at - gap - labelWidth : at + gap;
  }

  private void bar(int left, int height) {
    int[][] colors = new int[height][BAR_WIDTH];
    for (int y = 0; y < height; y++) {
      Arrays.fill(colors[y], Viridis.color(1 - (double) y / Math.max(1, height - 1)));
    }
    figure.add(new Figure.Raster(left, TOP, 1, colors));
    figure.add(new Figure.Frame(left, TOP, BAR_WIDTH, height, 1, Figure.INK));
    int ticks = 5;
    for (int i = 0; i <= ticks; i++) {
      int y = TOP + i * (height - 1) / ticks;
      figure.add(new Figure.Box(left + BAR_WIDTH + 1, y, 4, 1, Figure.INK));
      double distance = largest * i / ticks;
      double value = show == Show.DISTANCE ? distance : 1 - distance;
      text(
          String.format(Locale.ROOT, "%.2f", value),
          left + BAR_WIDTH + 8,
          0,
          y - PixelFont.HEIGHT,
          SCALE);
    }
    text(show.label(), left, 0, TOP + height + 16, SCALE);
  }

  /** Epochs between two labels, one of 1, 2, 5, 10, 20, …, so that labels don't touch. */
  private static int tickStep(int epochs, int cell) {
    int room = PixelFont.width("000") * SCALE + 8;
    int[] steps = {1, 2, 5};
    for (int power = 1; power < epochs; power *= 10) {
      for (int step : steps) {
        if (step * power * cell >= room) {
          return step * power;
        }
      }
    }
    return Math.max(1, epochs);
  }
}
