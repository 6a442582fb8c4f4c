package io.earlybird.report;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.AtomicFile;
import java.nio.file.Path;
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
  private static final int BOTTOM = 56;
  private static final int BAR_WIDTH = 16;
  private static final int BAR_ROOM = 132;
  private static final int SCALE = 2;
  private static final int BACKGROUND = 0xffffff;
  private static final int INK = 0x202020;
  private static final int MARK = 0xe0191c;

  private MaskDistanceMap() {}

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
  }

  /**
   * Draws the panels side by side, with one colour bar, and writes the picture as PNG.
   *
   * @param title written above everything
   * @throws EarlybirdException if the file cannot be written
   */
  public static void write(Path file, String title, List<Panel> panels) {
    byte[] png = draw(title, panels).png();
    AtomicFile.write(file, out -> out.write(png));
  }

  static Canvas draw(String title, List<Panel> panels) {
    if (panels.isEmpty()) {
      throw new IllegalArgumentException("no panel to draw");
    }
    int[] cells = panels.stream().mapToInt(MaskDistanceMap::cell).toArray();
    int[] sides = new int[cells.length];
    for (int i = 0; i < cells.length; i++) {
      sides[i] = cells[i] * panels.get(i).distances().length;
    }
    int tallest = Arrays.stream(sides).max().getAsInt();
    int plots = Arrays.stream(sides).map(s -> s + LEFT).sum();
    int width = Math.max(plots + BAR_ROOM, PixelFont.width(title) * SCALE + 32);
    Canvas canvas = new Canvas(width, TOP + tallest + BOTTOM, BACKGROUND);
    canvas.text(title, width / 2, 0.5, 8, SCALE, INK);
    double largest = largest(panels);
    int left = LEFT;
    for (int i = 0; i < cells.length; i++) {
      panel(canvas, panels.get(i), left, cells[i], largest);
      left += sides[i] + LEFT;
    }
    bar(canvas, left - LEFT + 24, tallest, largest);
    return canvas;
  }

  /** Pixels per epoch, so that a plot is about {@code PLOT} wide but never loses an epoch. */
  private static int cell(Panel panel) {
    return Math.max(1, PLOT / panel.distances().length);
  }

  /** Upper end of the colour scale: the largest distance, rounded up to a tenth. */
  private static double largest(List<Panel> panels) {
    double largest =
        panels.stream()
            .flatMap(p -> Arrays.stream(p.distances()))
            .flatMapToDouble(Arrays::stream)
            .max()
            .getAsDouble();
    return Math.max(1, Math.ceil(largest * 10 - 1e-9)) / 10;
  }

  private static void panel(Canvas canvas, Panel panel, int left, int cell, double largest) {
    int n = panel.distances().length;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        int color = Viridis.color(1 - panel.distances()[i][j] / largest);
        canvas.fill(left + j * cell, TOP + i * cell, cell, cell, color);
      }
    }
    int side = n * cell;
    canvas.frame(left, TOP, side, side, 1, INK);
    canvas.text(panel.title(), left + side / 2, 0.5, TOP - 24, SCALE, INK);
    int step = tickStep(n, cell);
    for (int i = 0; i < n; i++) {
      if ((panel.firstEpoch() + i) % step == 0) {
        String label = Integer.toString(panel.firstEpoch() + i);
        int center = i * cell + cell / 2;
        canvas.fill(left + center, TOP + side + 1, 1, 5, INK);
        canvas.text(label, left + center, 0.5, TOP + side + 9, SCALE, INK);
        canvas.fill(left - 6, TOP + center, 5, 1, INK);
        canvas.text(label, left - 9, 1, TOP + center - PixelFont.HEIGHT, SCALE, INK);
      }
    }
    canvas.text("epoch", left + side / 2, 0.5, TOP + side + 32, SCALE, INK);
    canvas.textUpwards("epoch", left - LEFT + 4, TOP + side / 2, SCALE, INK);
    mark(canvas, panel, left, cell);
  }

  private static void mark(Canvas canvas, Panel panel, int left, int cell) {
    int n = panel.distances().length;
    int last = panel.drawnEpoch() - panel.firstEpoch();
    if (panel.drawnEpoch() < 0 || last < 0 || last >= n) {
      return;
    }
    int first = Math.max(0, last - panel.queue() + 1);
    int size = (last - first + 1) * cell;
    int at = first * cell;
    canvas.frame(left + at, TOP + at, size, size, 2, MARK);
    String label = "epoch " + panel.drawnEpoch();
    int labelWidth = PixelFont.width(label) * SCALE + 8;
    int labelHeight = PixelFont.HEIGHT * SCALE + 10;
    int x = labelLeft(at, size, labelWidth, n * cell) + left;
    int y = TOP + at + size / 2 - labelHeight / 2;
    canvas.fill(x, y, labelWidth, labelHeight, BACKGROUND);
    canvas.frame(x, y, labelWidth, labelHeight, 1, MARK);
    canvas.text(label, x + 4, 0, y + 4, SCALE, MARK);
  }

  /** Right of the frame if there is room, else left of it, else within. */
  private static int labelLeft(int at, int size, int labelWidth, int side) {
    int gap = 6;
    if (at + size + 2 * gap + labelWidth <= side) {
      return at + size + gap;
    }
    return at - 2 * gap - labelWidth >= 0 ? at - gap - labelWidth : at + gap;
  }

  private static void bar(Canvas canvas, int left, int height, double largest) {
    for (int y = 0; y < height; y++) {
      canvas.fill(left, TOP + y, BAR_WIDTH, 1, Viridis.color(1 - (double) y / (height - 1)));
    }
    canvas.frame(left, TOP, BAR_WIDTH, height, 1, INK);
    int ticks = 5;
    for (int i = 0; i <= ticks; i++) {
      int y = TOP + i * (height - 1) / ticks;
      canvas.fill(left + BAR_WIDTH + 1, y, 4, 1, INK);
      String label = String.format(Locale.ROOT, "%.2f", largest * i / ticks);
      canvas.text(label, left + BAR_WIDTH + 8, 0, y - PixelFont.HEIGHT, SCALE, INK);
    }
    canvas.text("distance", left, 0, TOP + height + 16, SCALE, INK);
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
