package io.earlybird.data.picture;

/**
 * Antialiased bilinear resampling with the arithmetic of Pillow (PIL/Resample.c), bit for bit: a
 * triangle filter that widens with the reduction, weights in fixed point with 22 fractional bits,
 * rows first, bytes in between. Keeps its buffers; not thread-safe.
 */
public final class Resampler {
  private static final int FRACTION_BITS = 22;
  private static final int HALF = 1 << (FRACTION_BITS - 1);
  private static final int CHANNELS = 3;

  private final Axis columns = new Axis();
  private final Axis rows = new Axis();
  private byte[] between = new byte[0];

  /**
   * A rectangle of whole pixels.
   *
   * @param left first column
   * @param top first row
   * @param width columns
   * @param height rows
   */
  public record Box(int left, int top, int width, int height) {}

  /**
   * Resizes a region as if it were a picture of its own, and keeps a window of the result.
   *
   * @param picture the source
   * @param region what of it is resized; nothing outside is looked at
   * @param width columns of the resized region
   * @param height rows of the resized region
   * @param window what of the resized region is kept
   * @param mirror whether the window is mirrored left to right
   * @param out receives {@code [window height, window width, 3]} bytes
   * @param offset index of the first byte written
   */
  public void resize(
      Picture picture,
      Box region,
      int width,
      int height,
      Box window,
      boolean mirror,
      byte[] out,
      int offset) {
    columns.weigh(region.width(), width, window.left(), window.width());
    rows.weigh(region.height(), height, window.top(), window.height());
    int first = rows.first();
    int count = rows.last() - first;
    int pitch = window.width() * CHANNELS;
    if (between.length < count * pitch) {
      between = new byte[count * pitch];
    }
    for (int y = 0; y < count; y++) {
      int row = (region.top() + first + y) * picture.width() + region.left();
      horizontally(picture.pixels(), row, window.width(), y * pitch);
    }
    for (int y = 0; y < window.height(); y++) {
      vertically(y, first, pitch, mirror, out, offset + y * pitch);
    }
  }

  /** One row of the source becomes one row of {@link #between}. */
  private void horizontally(int[] pixels, int row, int width, int to) {
    int[] weights = columns.weights;
    int at = to;
    for (int x = 0; x < width; x++) {
      int red = HALF;
      int green = HALF;
      int blue = HALF;
      int from = row + columns.starts[x];
      int weight = x * columns.stride;
      for (int end = from + columns.counts[x]; from < end; from++, weight++) {
        int pixel = pixels[from];
        int w = weights[weight];
        red += (pixel >>> 24) * w;
        green += (pixel >>> 16 & 0xFF) * w;
        blue += (pixel >>> 8 & 0xFF) * w;
      }
      between[at++] = toByte(red);
      between[at++] = toByte(green);
      between[at++] = toByte(blue);
    }
  }

  private void vertically(int y, int first, int pitch, boolean mirror, byte[] out, int to) {
    int start = (rows.starts[y] - first) * pitch;
    int weight = y * rows.stride;
    int count = rows.counts[y];
    for (int i = 0; i < pitch; i++) {
      int sum = HALF;
      int from = start + i;
      for (int k = 0; k < count; k++, from += pitch) {
        sum += (between[from] & 0xFF) * rows.weights[weight + k];
      }
      int place = mirror ? pitch - CHANNELS - i + 2 * (i % CHANNELS) : i;
      out[to + place] = toByte(sum);
    }
  }

  private static byte toByte(int sum) {
    int value = sum >> FRACTION_BITS;
    return (byte) Math.max(0, Math.min(255, value));
  }

  /** The weights of one axis: output i is the sum of {@code counts[i]} inputs from a start on. */
  private static final class Axis {
    private int[] starts = new int[0];
    private int[] counts = new int[0];
    private int[] weights = new int[0];
    private double[] exact = new double[0];
    private int stride;
    private int length;

    /** Weights from {@code in} pixels to {@code out}, of which a window is wanted. */
    void weigh(int in, int out, int windowStart, int windowLength) {
      double scale = (double) in / out;
      double filterScale = Math.max(scale, 1);
      stride = (int) Math.ceil(filterScale) * 2 + 1;
      length = windowLength;
      if (starts.length < length) {
        starts = new int[length];
        counts = new int[length];
      }
      if (weights.length < length * stride) {
        weights = new int[length * stride];
      }
      if (exact.length < stride) {
        exact = new double[stride];
      }
      double inverse = 1 / filterScale;
      for (int i = 0; i < length; i++) {
        double center = (windowStart + i + 0.5) * scale;
        int start = Math.max(0, (int) (center - filterScale + 0.5));
        int end = Math.min(in, (int) (center + filterScale + 0.5));
        starts[i] = start;
        counts[i] = end - start;
        double sum = 0;
        for (int k = 0; k < counts[i]; k++) {
          exact[k] = triangle((k + start - center + 0.5) * inverse);
          sum += exact[k];
        }
        for (int k = 0; k < counts[i]; k++) {
          double weight = sum == 0 ? exact[k] : exact[k] / sum;
          weights[i * stride + k] = (int) (0.5 + weight * (1 << FRACTION_BITS));
        }
      }
    }

    /** First input that any output looks at. */
    int first() {
      return starts[0];
    }

    /** One beyond the last input that any output looks at. */
    int last() {
      return starts[length - 1] + counts[length - 1];
    }

    private static double triangle(double x) {
      return Math.max(0, 1 - Math.abs(x));
    }
  }
}
