package io.earlybird.backend.reference;

import java.util.stream.IntStream;

/**
 * Convolution and its two gradients on doubles, NHWC with the weight as {@code [KH,KW,I,O]} or
 * {@code [KH,KW,O,I]}. The innermost loop runs over channels that lie side by side. Threads share
 * the output elements; the order of the terms of each one is fixed.
 *
 * @param n images
 * @param h input rows
 * @param w input columns
 * @param ci input channels
 * @param oh output rows
 * @param ow output columns
 * @param co output channels
 * @param kh window rows
 * @param kw window columns
 */
record Products(
    int n, int h, int w, int ci, int oh, int ow, int co, int kh, int kw, int stride, int pad) {
  private static final int CHANNEL_BLOCK = 16;

  /** A matrix product: {@code rows} images of one pixel. */
  static Products matrix(int rows, int in, int out) {
    return new Products(rows, 1, 1, in, 1, 1, out, 1, 1, 1, 0);
  }

  /** {@code y [N,OH,OW,O]} from {@code x [N,H,W,I]} and {@code w [KH,KW,I,O]}. */
  double[] forward(double[] x, double[] hwio) {
    double[] y = new double[n * oh * ow * co];
    IntStream.range(0, n * oh)
        .parallel()
        .forEach(
            row -> {
              for (int r = 0; r < kh; r++) {
                int iy = row % oh * stride - pad + r;
                if (iy >= 0 && iy < h) {
                  forwardRow(x, (row / oh * h + iy) * w, hwio, r, y, row * ow);
                }
              }
            });
    return y;
  }

  private void forwardRow(double[] x, int xPixel, double[] hwio, int r, double[] y, int yPixel) {
    for (int s = 0; s < kw; s++) {
      for (int i = 0; i < ci; i++) {
        int from = ((r * kw + s) * ci + i) * co;
        for (int ox = 0; ox < ow; ox++) {
          int ix = ox * stride - pad + s;
          if (ix >= 0 && ix < w) {
            addScaled(x[(xPixel + ix) * ci + i], hwio, from, y, (yPixel + ox) * co, co);
          }
        }
      }
    }
  }

  /** {@code dx [N,H,W,I]} from {@code dy [N,OH,OW,O]} and {@code w [KH,KW,O,I]}. */
  double[] backwardData(double[] dy, double[] hwoi) {
    double[] dx = new double[n * h * w * ci];
    IntStream.range(0, n * h)
        .parallel()
        .forEach(
            row -> {
              for (int r = 0; r < kh; r++) {
                int at = row % h + pad - r;
                if (at >= 0 && at % stride == 0 && at / stride < oh) {
                  int dyPixel = (row / h * oh + at / stride) * ow;
                  backwardRow(dy, dyPixel, hwoi, r, dx, row * w);
                }
              }
            });
    return dx;
  }

  private void backwardRow(
      double[] dy, int dyPixel, double[] hwoi, int r, double[] dx, int dxPixel) {
    for (int s = 0; s < kw; s++) {
      for (int o = 0; o < co; o++) {
        int from = ((r * kw + s) * co + o) * ci;
        for (int ix = 0; ix < w; ix++) {
          int at = ix + pad - s;
          if (at >= 0 && at % stride == 0 && at / stride < ow) {
            double factor = dy[(dyPixel + at / stride) * co + o];
            addScaled(factor, hwoi, from, dx, (dxPixel + ix) * ci, ci);
          }
        }
      }
    }
  }

  /** {@code dw [KH,KW,I,O]} from {@code x [N,H,W,I]} and {@code dy [N,OH,OW,O]}. */
  double[] backwardWeight(double[] x, double[] dy) {
    double[] dw = new double[kh * kw * ci * co];
    int blocks = (ci + CHANNEL_BLOCK - 1) / CHANNEL_BLOCK;
    IntStream.range(0, kh * kw * blocks)
        .parallel()
        .forEach(
            task -> {
              int tap = task / blocks;
              int first = task % blocks * CHANNEL_BLOCK;
              weightBlock(x, dy, dw, tap, first, Math.min(first + CHANNEL_BLOCK, ci));
            });
    return dw;
  }

  private void weightBlock(double[] x, double[] dy, double[] dw, int tap, int first, int end) {
    for (int row = 0; row < n * oh; row++) {
      int iy = row % oh * stride - pad + tap / kw;
      if (iy < 0 || iy >= h) {
        continue;
      }
      for (int ox = 0; ox < ow; ox++) {
        int ix = ox * stride - pad + tap % kw;
        if (ix < 0 || ix >= w) {
          continue;
        }
        int xAt = ((row / oh * h + iy) * w + ix) * ci;
        for (int i = first; i < end; i++) {
          addScaled(x[xAt + i], dy, (row * ow + ox) * co, dw, (tap * ci + i) * co, co);
        }
      }
    }
  }

  private static void addScaled(
      double factor, double[] from, int fromAt, double[] to, int toAt, int count) {
    for (int k = 0; k < count; k++) {
      to[toAt + k] += factor * from[fromAt + k];
    }
  }

  /** {@code [O,I,KH,KW]} as {@code [KH,KW,I,O]}. */
  double[] hwio(double[] oihw) {
    double[] out = new double[oihw.length];
    for (int o = 0; o < co; o++) {
      for (int i = 0; i < ci; i++) {
        for (int k = 0; k < kh * kw; k++) {
          out[(k * ci + i) * co + o] = oihw[(o * ci + i) * kh * kw + k];
        }
      }
    }
    return out;
  }

  /** {@code [O,I,KH,KW]} as {@code [KH,KW,O,I]}. */
  double[] hwoi(double[] oihw) {
    double[] out = new double[oihw.length];
    for (int o = 0; o < co; o++) {
      for (int i = 0; i < ci; i++) {
        for (int k = 0; k < kh * kw; k++) {
          out[(k * co + o) * ci + i] = oihw[(o * ci + i) * kh * kw + k];
        }
      }
    }
    return out;
  }

  /** {@code [KH,KW,I,O]} as {@code [O,I,KH,KW]}. */
  double[] oihw(double[] hwio) {
    double[] out = new double[hwio.length];
    for (int o = 0; o < co; o++) {
      for (int i = 0; i < ci; i++) {
        for (int k = 0; k < kh * kw; k++) {
          out[(o * ci + i) * kh * kw + k] = hwio[(k * ci + i) * co + o];
        }
      }
    }
    return out;
  }

  /** The magnitudes: the same product of these is the sum of the magnitudes of its terms. */
  static double[] abs(double[] values) {
    double[] out = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      out[i] = Math.abs(values[i]);
    }
    return out;
  }
}
