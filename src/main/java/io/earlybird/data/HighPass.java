package io.earlybird.data;

import java.util.Arrays;

/**
 * What is left of a grey picture when its low frequencies are taken away: its Fourier transform is
 * multiplied by {@code 1 - exp(-2 pi^2 s^2 f^2)} with s the reciprocal of the given sigma and f in
 * cycles per pixel. The Gaussian is a product of one factor per axis, so instead of transforming,
 * rows and columns are multiplied by the (circulant) matrices of the two cyclic convolutions.
 */
final class HighPass {
  private static final int RED = 19595;
  private static final int GREEN = 38470;
  private static final int BLUE = 7471;
  private static final int HALF = 32768;

  private final int height;
  private final int width;
  private final double[] columnKernel;
  private final double[] rowKernel;

  /** A filter for pictures of one size. */
  HighPass(double sigma, int height, int width) {
    this.height = height;
    this.width = width;
    this.columnKernel = kernel(1 / sigma, height);
    this.rowKernel = kernel(1 / sigma, width);
  }

  /** The cyclic convolution kernel {@code [n]} whose transform is the Gaussian. */
  private static double[] kernel(double s, int n) {
    double[] kernel = new double[n];
    for (int d = 0; d < n; d++) {
      double sum = 0;
      for (int k = 0; k < n; k++) {
        double f = (double) (k < (n + 1) / 2 ? k : k - n) / n;
        double gain = Math.exp(-2 * Math.PI * Math.PI * s * s * f * f);
        // The product is taken modulo n before the cosine, which keeps its argument small.
        sum += gain * Math.cos(2 * Math.PI * (k * d % n) / n);
      }
      kernel[d] = sum / n;
    }
    return kernel;
  }

  /** The filtered picture {@code [H,W,3]}, its three channels equal. */
  byte[] apply(byte[] picture) {
    double[] values = rescale(filter(grey(picture)));
    byte[] out = new byte[picture.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (byte) (int) (values[i / 3] * 255);
    }
    return out;
  }

  /** Luma as Pillow computes it, {@code [H,W]}. */
  static int[] grey(byte[] picture) {
    int[] grey = new int[picture.length / 3];
    for (int i = 0; i < grey.length; i++) {
      int red = picture[3 * i] & 0xFF;
      int green = picture[3 * i + 1] & 0xFF;
      int blue = picture[3 * i + 2] & 0xFF;
      grey[i] = (RED * red + GREEN * green + BLUE * blue + HALF) >> 16;
    }
    return grey;
  }

  /** The grey picture without its low frequencies, {@code [H,W]}. */
  double[] filter(int[] grey) {
    if (Arrays.stream(grey).allMatch(v -> v == grey[0])) {
      // Nothing is left; rounding would leave something that is then stretched.
      return new double[grey.length];
    }
    double[] rows = new double[grey.length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double sum = 0;
        for (int j = 0; j < width; j++) {
          sum += grey[y * width + j] * rowKernel[Math.floorMod(x - j, width)];
        }
        rows[y * width + x] = sum;
      }
    }
    double[] out = new double[grey.length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double sum = 0;
        for (int i = 0; i < height; i++) {
          sum += rows[i * width + x] * columnKernel[Math.floorMod(y - i, height)];
        }
        out[y * width + x] = grey[y * width + x] - sum;
      }
    }
    return out;
  }

  /** Stretches to [0, 1]; a constant picture becomes 0. */
  static double[] rescale(double[] values) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double v : values) {
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
    double[] out = new double[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = high > low ? (values[i] - low) / (high - low) : 0;
    }
    return out;
  }
}
