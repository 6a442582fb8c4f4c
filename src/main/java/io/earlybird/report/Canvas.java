package io.earlybird.report;

import java.util.Arrays;

/** A picture in memory, drawn pixel by pixel. Whatever lies outside is left out. */
final class Canvas {
  /** Edges of lines are smoothed with so many samples per pixel and direction. */
  private static final int SAMPLES = 4;

  private static final double DASH = 7;
  private static final double GAP = 5;

  private final int width;
  private final int height;
  private final int[] rgb;
  private final PixelFont font = new PixelFont();

  /** A picture of one colour, {@code 0xRRGGBB}. */
  Canvas(int width, int height, int background) {
    this.width = width;
    this.height = height;
    this.rgb = new int[width * height];
    Arrays.fill(rgb, background);
  }

  /** A figure, drawn. */
  static Canvas of(Figure figure) {
    Canvas canvas = new Canvas(figure.width(), figure.height(), Figure.BACKGROUND);
    figure.shapes().forEach(canvas::draw);
    return canvas;
  }

  private void draw(Figure.Shape shape) {
    if (shape instanceof Figure.Box b) {
      fill(b.left(), b.top(), b.width(), b.height(), b.color());
    } else if (shape instanceof Figure.Frame f) {
      frame(f.left(), f.top(), f.width(), f.height(), f.thickness(), f.color());
    } else if (shape instanceof Figure.Raster r) {
      raster(r);
    } else if (shape instanceof Figure.Text t) {
      text(t.text(), t.x(), t.align(), t.top(), t.scale(), t.color());
    } else if (shape instanceof Figure.UpwardText t) {
      textUpwards(t.text(), t.left(), t.centerY(), t.scale(), t.color());
    } else if (shape instanceof Figure.Curve c) {
      curve(c);
    }
  }

  int pixel(int x, int y) {
    return rgb[y * width + x];
  }

  void raster(Figure.Raster r) {
    for (int i = 0; i < r.colors().length; i++) {
      for (int j = 0; j < r.colors()[i].length; j++) {
        int color = r.colors()[i][j];
        fill(r.left() + j * r.cell(), r.top() + i * r.cell(), r.cell(), r.cell(), color);
      }
    }
  }

  private void curve(Figure.Curve c) {
    double phase = 0;
    for (int i = 1; i < c.x().length && c.thickness() > 0; i++) {
      double x = c.x()[i - 1];
      double y = c.y()[i - 1];
      double length = Math.hypot(c.x()[i] - x, c.y()[i] - y);
      if (!c.dashed()) {
        line(x, y, c.x()[i], c.y()[i], c.thickness(), c.color());
      }
      for (double at = -phase; c.dashed() && at < length; at += DASH + GAP) {
        double from = Math.max(0, at) / length;
        double to = Math.min(length, at + DASH) / length;
        double dx = c.x()[i] - x;
        double dy = c.y()[i] - y;
        if (to > from) {
          line(x + from * dx, y + from * dy, x + to * dx, y + to * dy, c.thickness(), c.color());
        }
      }
      phase = (phase + length) % (DASH + GAP);
    }
    for (int i = 0; i < c.x().length && c.marker() != Figure.Marker.NONE; i++) {
      double x = c.x()[i];
      double y = c.y()[i];
      double r = c.size();
      if (c.marker() == Figure.Marker.DOT) {
        area(x - r, y - r, x + r, y + r, c.color(), (px, py) -> Math.hypot(px - x, py - y) <= r);
      } else {
        double[][] star = star(x, y, r);
        area(x - r, y - r, x + r, y + r, c.color(), (px, py) -> isInside(star, px, py));
      }
    }
  }

  private void line(double x0, double y0, double x1, double y1, double thickness, int color) {
    double half = thickness / 2;
    double dx = x1 - x0;
    double dy = y1 - y0;
    double square = Math.max(dx * dx + dy * dy, 1e-12);
    area(
        Math.min(x0, x1) - half,
        Math.min(y0, y1) - half,
        Math.max(x0, x1) + half,
        Math.max(y0, y1) + half,
        color,
        (x, y) -> {
          double along = Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / square));
          return Math.hypot(x - x0 - along * dx, y - y0 - along * dy) <= half;
        });
  }

  /** Whether a place belongs to a shape. */
  private interface Inside {
    boolean at(double x, double y);
  }

  /** Colours the pixels within the bounds by the share of them that lies inside. */
  private void area(double x0, double y0, double x1, double y1, int color, Inside inside) {
    int right = (int) Math.min(width - 1, Math.ceil(x1));
    int bottom = (int) Math.min(height - 1, Math.ceil(y1));
    for (int y = (int) Math.max(0, Math.floor(y0)); y <= bottom; y++) {
      for (int x = (int) Math.max(0, Math.floor(x0)); x <= right; x++) {
        int hits = 0;
        for (int i = 0; i < SAMPLES * SAMPLES; i++) {
          double px = x + (i % SAMPLES + 0.5) / SAMPLES;
          double py = y + (i / SAMPLES + 0.5) / SAMPLES;
          hits += inside.at(px, py) ? 1 : 0;
        }
        blend(y * width + x, color, hits);
      }
    }
  }

  private void blend(int pixel, int color, int hits) {
    int all = SAMPLES * SAMPLES;
    int mixed = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int old = rgb[pixel] >> shift & 0xff;
      int fresh = color >> shift & 0xff;
      mixed |= (old * (all - hits) + fresh * hits + all / 2) / all << shift;
    }
    rgb[pixel] = mixed;
  }

  /** The ten corners of a star. */
  static double[][] star(double x, double y, double radius) {
    double[][] corners = new double[10][];
    for (int i = 0; i < 10; i++) {
      double r = i % 2 == 0 ? radius : radius * 0.42;
      double angle = Math.PI * (i / 5.0 - 0.5);
      corners[i] = new double[] {x + r * Math.cos(angle), y + r * Math.sin(angle)};
    }
    return corners;
  }

  private static boolean isInside(double[][] corners, double x, double y) {
    boolean inside = false;
    for (int i = 0, j = corners.length - 1; i < corners.length; j = i++) {
      double[] a = corners[i];
      double[] b = corners[j];
      if (a[1] > y != b[1] > y && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]) {
        inside = !inside;
      }
    }
    return inside;
  }

  void fill(int left, int top, int w, int h, int color) {
    for (int y = Math.max(0, top); y < Math.min(height, top + h); y++) {
      for (int x = Math.max(0, left); x < Math.min(width, left + w); x++) {
        rgb[y * width + x] = color;
      }
    }
  }

  /** The border of a rectangle; the rectangle lies within it. */
  void frame(int left, int top, int w, int h, int thickness, int color) {
    int t = thickness;
    fill(left - t, top - t, w + 2 * t, t, color);
    fill(left - t, top + h, w + 2 * t, t, color);
    fill(left - t, top, t, h, color);
    fill(left + w, top, t, h, color);
  }

  /**
   * A line of text.
   *
   * @param align 0: begins at {@code x}; 0.5: centred there; 1: ends there
   * @param top upper edge of the capitals
   * @param scale pixels per font pixel
   */
  void text(String text, int x, double align, int top, int scale, int color) {
    int left = x - (int) Math.round(PixelFont.width(text) * scale * align);
    draw(text, (col, row) -> fill(left + col * scale, top + row * scale, scale, scale, color));
  }

  /** A line of text that reads upwards, centred at {@code centerY}. */
  void textUpwards(String text, int left, int centerY, int scale, int color) {
    int bottom = centerY + PixelFont.width(text) * scale / 2;
    draw(
        text,
        (col, row) -> fill(left + row * scale, bottom - (col + 1) * scale, scale, scale, color));
  }

  byte[] png() {
    return Png.encode(width, height, rgb);
  }

  private interface Dot {
    void at(int column, int row);
  }

  private void draw(String text, Dot dot) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      for (int row = 0; row < PixelFont.HEIGHT; row++) {
        for (int column = 0; column < PixelFont.WIDTH; column++) {
          if (font.ink(c, column, row)) {
            dot.at(i * PixelFont.ADVANCE + column, row + PixelFont.drop(c));
          }
        }
      }
    }
  }
}
