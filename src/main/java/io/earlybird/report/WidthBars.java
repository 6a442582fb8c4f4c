package io.earlybird.report;

import java.util.List;

/** How many channels each layer of a network keeps, as bars before those of the whole layer. */
public final class WidthBars {
  private static final int TOP = 46;
  private static final int PLOT = 220;
  private static final int BOTTOM = 64;
  private static final int LEFT = 64;
  private static final int ROOM = 640;
  private static final int WHOLE = 0xdcdcdc;

  private WidthBars() {}

  /**
   * A layer.
   *
   * @param name of its batch norm
   * @param before its channels in the dense network
   * @param after those that are kept
   */
  public record Layer(String name, int before, int after) {}

  /**
   * Draws the bars.
   *
   * @param title written above
   * @param layers in the network's order
   * @throws IllegalArgumentException if there is none
   */
  public static Figure figure(String title, List<Layer> layers) {
    int widest = layers.stream().mapToInt(Layer::before).max().orElse(0);
    if (widest < 1) {
      throw new IllegalArgumentException("no layer to draw");
    }
    int pitch = Math.max(4, Math.min(44, ROOM / layers.size()));
    int bar = Math.max(3, pitch * 3 / 4);
    int plotWidth = pitch * layers.size();
    int width = Math.max(LEFT + plotWidth + 24, PixelFont.width(title) * 2 + 32);
    Figure figure = new Figure(width, TOP + PLOT + BOTTOM);
    figure.add(new Figure.Text(title, width / 2, 0.5, 10, 2, Figure.INK));
    int bottom = TOP + PLOT;
    for (int part = 0; part <= 4; part++) {
      int y = bottom - PLOT * part / 4;
      figure.add(new Figure.Box(LEFT - 5, y, 5, 1, Figure.INK));
      String label = Integer.toString(Math.round(widest * part / 4f));
      figure.add(new Figure.Text(label, LEFT - 9, 1, y - 3, 1, Figure.INK));
    }
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      int x = LEFT + i * pitch + (pitch - bar) / 2;
      box(figure, x, bar, layer.before(), widest, WHOLE);
      box(figure, x, bar, layer.after(), widest, Figure.color(0));
      if (pitch >= 22) {
        int center = x + bar / 2;
        int top = bottom - Math.max(1, PLOT * layer.before() / widest) - 11;
        figure.add(
            new Figure.Text(Integer.toString(layer.after()), center, 0.5, top, 1, Figure.INK));
      }
      if (i % Math.max(1, (22 + pitch - 1) / pitch) == 0) {
        String number = Integer.toString(i + 1);
        figure.add(new Figure.Text(number, x + bar / 2, 0.5, bottom + 8, 1, Figure.INK));
      }
    }
    figure.add(new Figure.Box(LEFT, bottom, plotWidth, 1, Figure.INK));
    figure.add(
        new Figure.Text("batch norm", LEFT + plotWidth / 2, 0.5, bottom + 30, 2, Figure.INK));
    figure.add(new Figure.UpwardText("channels", 10, TOP + PLOT / 2, 2, Figure.INK));
    return figure;
  }

  private static void box(Figure figure, int x, int bar, int channels, int widest, int color) {
    int high = channels == 0 ? 0 : Math.max(1, PLOT * channels / widest);
    figure.add(new Figure.Box(x, TOP + PLOT - high, bar, high, color));
  }
}
