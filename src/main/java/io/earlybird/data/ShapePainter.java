package io.earlybird.data;

import io.earlybird.random.Philox;

/**
 * Draws one 32x32 picture of {@link ShapesSource}: a textured background, small pieces of clutter,
 * one shape of the wanted class at a random place, size, angle and colour, and noise.
 *
 * <p>Only IEEE double arithmetic, {@link StrictMath} and integers are used, so a picture has the
 * same bytes on every machine. The constants set how hard the task is; changing any of them changes
 * the data set and the checksums in the tests.
 */
final class ShapePainter {
  static final int SIZE = 32;
  static final int CHANNELS = 3;

  /** Radius of the shape in pixels. Smaller is harder: fewer pixels carry the class. */
  private static final double RADIUS_MIN = 8;

  private static final double RADIUS_MAX = 13;

  /** The shape's centre stays this far from the edges, in pixels, so that crops keep most of it. */
  private static final double MARGIN = 10;

  /** Width and height of a shape are stretched by up to this factor. */
  private static final double STRETCH = 1.2;

  /** Difference of the shape's colour to the background, per channel. Lower is harder. */
  private static final double CONTRAST_MIN = 50;

  private static final double CONTRAST_MAX = 125;

  /** Height of the background's smooth texture. */
  private static final double TEXTURE_MAX = 30;

  /** Deviation of the noise on each byte. */
  private static final double NOISE_MIN = 3;

  private static final double NOISE_MAX = 14;

  /** Number and radius of the pieces of clutter, which have the forms of all classes. */
  private static final int CLUTTER_MIN = 1;

  private static final int CLUTTER_MAX = 4;
  private static final double CLUTTER_RADIUS_MIN = 1.5;
  private static final double CLUTTER_RADIUS_MAX = 3;

  /** Points per pixel and axis at which a shape is sampled, for smooth edges. */
  private static final int SAMPLES = 3;

  /** Texture is given on a grid of this many points per axis and interpolated between them. */
  private static final int GRID = 6;

  /** Deviation of the sum of four bytes, which stands for a normal deviate. */
  private static final double FOUR_BYTES_DEVIATION = 147.80;

  private final double[] canvas = new double[SIZE * SIZE * CHANNELS];
  private final double[][] grid = new double[CHANNELS][GRID * GRID];
  private final int[] words = new int[Philox.BLOCK_WORDS];

  /**
   * Draws one picture.
   *
   * @param kind the class
   * @param seed seed of the set
   * @param index index of the picture in its split: the step of the random streams
   * @param sceneHash stream of everything but the noise
   * @param noiseHash stream of the noise, element = [row, column, channel]
   * @param out receives [32,32,3]
   * @param offset index of the first byte written
   */
  void paint(
      ShapeKind kind, long seed, long index, int sceneHash, int noiseHash, byte[] out, int offset) {
    Draws draws = new Draws(seed, index, sceneHash);
    double[] base = {draws.real(40, 215), draws.real(40, 215), draws.real(40, 215)};
    background(draws, base);
    int pieces = draws.integer(CLUTTER_MIN, CLUTTER_MAX);
    for (int i = 0; i < pieces; i++) {
      ShapeKind form = ShapeKind.values()[draws.integer(0, ShapeKind.values().length - 1)];
      double radius = draws.real(CLUTTER_RADIUS_MIN, CLUTTER_RADIUS_MAX);
      stamp(form, draws, base, draws.real(0, SIZE), draws.real(0, SIZE), radius);
    }
    double x = draws.real(MARGIN, SIZE - MARGIN);
    double y = draws.real(MARGIN, SIZE - MARGIN);
    stamp(kind, draws, base, x, y, draws.real(RADIUS_MIN, RADIUS_MAX));
    double deviation = draws.real(NOISE_MIN, NOISE_MAX);
    develop(seed, index, noiseHash, deviation / FOUR_BYTES_DEVIATION, out, offset);
  }

  /** One colour with a smooth texture, partly common to the channels and partly of each its own. */
  private void background(Draws draws, double[] base) {
    double common = draws.real(0, TEXTURE_MAX);
    double own = draws.real(0, TEXTURE_MAX / 2);
    for (int point = 0; point < GRID * GRID; point++) {
      double shared = draws.real(-common, common);
      for (int c = 0; c < CHANNELS; c++) {
        grid[c][point] = shared + draws.real(-own, own);
      }
    }
    double scale = (GRID - 1.0) / (SIZE - 1);
    for (int row = 0; row < SIZE; row++) {
      for (int column = 0; column < SIZE; column++) {
        for (int c = 0; c < CHANNELS; c++) {
          canvas[(row * SIZE + column) * CHANNELS + c] =
              base[c] + interpolate(grid[c], column * scale, row * scale);
        }
      }
    }
  }

  private static double interpolate(double[] values, double x, double y) {
    int left = Math.min((int) x, GRID - 2);
    int top = Math.min((int) y, GRID - 2);
    double fx = x - left;
    double fy = y - top;
    int at = top * GRID + left;
    double upper = values[at] + fx * (values[at + 1] - values[at]);
    double lower = values[at + GRID] + fx * (values[at + GRID + 1] - values[at + GRID]);
    return upper + fy * (lower - upper);
  }

  /** Blends one shape into the canvas: random angle, stretch and colour, smooth edges. */
  private void stamp(
      ShapeKind kind, Draws draws, double[] base, double x, double y, double radius) {
    double angle = draws.real(0, 2 * Math.PI);
    double stretch = draws.real(1 / STRETCH, STRETCH);
    double cos = StrictMath.cos(angle) / radius;
    double sin = StrictMath.sin(angle) / radius;
    double[] colour = colour(draws, base);
    double reach = 1.25 * radius * Math.max(stretch, 1 / stretch);
    int top = Math.max(0, (int) Math.floor(y - reach));
    int bottom = Math.min(SIZE - 1, (int) Math.floor(y + reach));
    int left = Math.max(0, (int) Math.floor(x - reach));
    int right = Math.min(SIZE - 1, (int) Math.floor(x + reach));
    for (int row = top; row <= bottom; row++) {
      for (int column = left; column <= right; column++) {
        int hits = 0;
        for (int s = 0; s < SAMPLES * SAMPLES; s++) {
          double dx = column + (s % SAMPLES + 0.5) / SAMPLES - x;
          double dy = row + (s / SAMPLES + 0.5) / SAMPLES - y;
          double u = (cos * dx + sin * dy) * stretch;
          double v = (cos * dy - sin * dx) / stretch;
          hits += kind.contains(u, v) ? 1 : 0;
        }
        double cover = hits / (double) (SAMPLES * SAMPLES);
        int at = (row * SIZE + column) * CHANNELS;
        for (int c = 0; c < CHANNELS; c++) {
          canvas[at + c] += cover * (colour[c] - canvas[at + c]);
        }
      }
    }
  }

  /** A colour away from the base one, in each channel by a random amount up or down. */
  private static double[] colour(Draws draws, double[] base) {
    double contrast = draws.real(CONTRAST_MIN, CONTRAST_MAX);
    double[] colour = new double[CHANNELS];
    for (int c = 0; c < CHANNELS; c++) {
      double amount = contrast * draws.real(0.3, 1) * (draws.word() < 0 ? -1 : 1);
      double value = base[c] + amount;
      colour[c] = value < 0 || value > 255 ? base[c] - amount : value;
    }
    return colour;
  }

  /** Adds noise and rounds to bytes. */
  private void develop(long seed, long index, int noiseHash, double scale, byte[] out, int offset) {
    for (int i = 0; i < canvas.length; i++) {
      if ((i & 3) == 0) {
        Philox.block(seed, i >>> 2, index, noiseHash, words);
      }
      int w = words[i & 3];
      int sum = (w & 255) + (w >>> 8 & 255) + (w >>> 16 & 255) + (w >>> 24);
      double value = Math.floor(canvas[i] + (sum - 510) * scale + 0.5);
      out[offset + i] = (byte) (int) Math.max(0, Math.min(255, value));
    }
  }
}
