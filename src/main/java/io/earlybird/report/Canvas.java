package io.earlybird.report;

import java.util.Arrays;

/** A picture in memory, drawn pixel by pixel. Whatever lies outside is left out. */
final class Canvas {
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

  int pixel(int x, int y) {
    return rgb[y * width + x];
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
