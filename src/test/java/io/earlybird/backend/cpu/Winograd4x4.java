package io.earlybird.backend.cpu;

import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;

/**
 * Winograd's F(4x4, 3x3) in double, its matrices derived from the points of interpolation: results,
 * and for each the sum of absolute values that its rounding depends on.
 */
final class Winograd4x4 {
  private static final int SIDE = 4;
  private static final int LINE = 6;

  /** The sixth is infinity. */
  private static final double[] POINTS = {
    0, Math.sqrt(0.5), -Math.sqrt(0.5), Math.sqrt(2), -Math.sqrt(2)
  };

  /** B^T {@code [6,6]}, G {@code [6,3]} and A {@code [6,4]}: a row for each point. */
  private static final double[][] INPUT = new double[LINE][];

  private static final double[][] WEIGHT = new double[LINE][];
  private static final double[][] OUTPUT = new double[LINE][];

  static {
    for (int p = 0; p < POINTS.length; p++) {
      double others = 1;
      for (int q = 0; q < POINTS.length; q++) {
        others *= q == p ? 1 : POINTS[p] - POINTS[q];
      }
      INPUT[p] = polynomial(p);
      WEIGHT[p] = powers(POINTS[p], 3, 1 / others);
      OUTPUT[p] = powers(POINTS[p], SIDE, 1);
    }
    INPUT[LINE - 1] = polynomial(-1);
    WEIGHT[LINE - 1] = new double[] {0, 0, 1};
    OUTPUT[LINE - 1] = new double[] {0, 0, 0, 1};
  }

  private Winograd4x4() {}

  /** Coefficients of the product of all (x - point), but for one of them. */
  private static double[] polynomial(int without) {
    double[] c = new double[LINE];
    c[0] = 1;
    for (int p = 0; p < POINTS.length; p++) {
      if (p != without) {
        for (int i = LINE - 1; i >= 0; i--) {
          c[i] = (i == 0 ? 0 : c[i - 1]) - POINTS[p] * c[i];
        }
      }
    }
    return c;
  }

  private static double[] powers(double x, int count, double factor) {
    double[] all = new double[count];
    all[0] = factor;
    for (int i = 1; i < count; i++) {
      all[i] = all[i - 1] * x;
    }
    return all;
  }

  /** The convolution of x {@code [N,H,W,I]} with w {@code [O,I,3,3]}, padding 1. */
  static Bf16Winograd convolution(HostTensor x, HostTensor w) {
    int out = w.spec().shape().dim(0);
    int in = w.spec().shape().dim(1);
    Image image = new Image(x);
    Image y = new Image(image.n, image.height, image.width, out);
    Image magnitudes = new Image(image.n, image.height, image.width, out);
    Square[] weights = new Square[out * in];
    double[] taps = w.doubles();
    for (int k = 0; k < weights.length; k++) {
      int from = 9 * k;
      weights[k] = Square.of(3, (r, c) -> taps[from + 3 * r + c]).transformed(WEIGHT);
    }
    for (int tile = 0; tile < image.tiles(); tile++) {
      Square[] pixels = image.transforms(tile, LINE, 1, INPUT);
      for (int o = 0; o < out; o++) {
        Square sum = new Square(LINE);
        for (int i = 0; i < in; i++) {
          sum.addProduct(pixels[i], weights[o * in + i]);
        }
        Square result = sum.transformed(transposed(OUTPUT));
        for (int k = 0; k < SIDE * SIDE; k++) {
          int at = y.at(tile, k / SIDE, k % SIDE, o);
          if (at >= 0) {
            y.values[at] = result.values[k];
            magnitudes.values[at] = result.magnitudes[k];
          }
        }
      }
    }
    return new Bf16Winograd(y.values, magnitudes.values, in + 8);
  }

  /**
   * The gradient of the weight {@code [O,I,3,3]} for x {@code [N,H,W,I]} and dy {@code [N,H,W,O]}.
   */
  static Bf16Winograd weightGradient(HostTensor x, HostTensor dy) {
    Image image = new Image(x);
    Image gradient = new Image(dy);
    int in = image.channels;
    int out = gradient.channels;
    Square[] sums = new Square[out * in];
    for (int tile = 0; tile < image.tiles(); tile++) {
      Square[] pixels = image.transforms(tile, LINE, 1, INPUT);
      Square[] gradients = gradient.transforms(tile, SIDE, 0, OUTPUT);
      for (int k = 0; k < sums.length; k++) {
        sums[k] = sums[k] == null ? new Square(LINE) : sums[k];
        sums[k].addProduct(pixels[k % in], gradients[k / in]);
      }
    }
    double[] values = new double[9 * sums.length];
    double[] magnitudes = new double[values.length];
    for (int k = 0; k < sums.length; k++) {
      Square result = sums[k].transformed(transposed(WEIGHT));
      System.arraycopy(result.values, 0, values, 9 * k, 9);
      System.arraycopy(result.magnitudes, 0, magnitudes, 9 * k, 9);
    }
    return new Bf16Winograd(values, magnitudes, image.tiles() + 8);
  }

  private static double[][] transposed(double[][] matrix) {
    double[][] t = new double[matrix[0].length][matrix.length];
    for (int r = 0; r < matrix.length; r++) {
      for (int c = 0; c < t.length; c++) {
        t[c][r] = matrix[r][c];
      }
    }
    return t;
  }

  /** A square of numbers, and of the sums of absolute values of what was added up for them. */
  private static final class Square {
    final int side;
    final double[] values;
    final double[] magnitudes;

    Square(int side) {
      this.side = side;
      this.values = new double[side * side];
      this.magnitudes = new double[side * side];
    }

    @FunctionalInterface
    interface Values {
      double at(int row, int column);
    }

    static Square of(int side, Values all) {
      Square square = new Square(side);
      for (int k = 0; k < side * side; k++) {
        square.values[k] = all.at(k / side, k % side);
        square.magnitudes[k] = Math.abs(square.values[k]);
      }
      return square;
    }

    void addProduct(Square a, Square b) {
      for (int k = 0; k < values.length; k++) {
        values[k] += a.values[k] * b.values[k];
        magnitudes[k] += a.magnitudes[k] * b.magnitudes[k];
      }
    }

    /** M s M^T. */
    Square transformed(double[][] m) {
      Square to = new Square(m.length);
      for (int k = 0; k < to.values.length; k++) {
        for (int i = 0; i < values.length; i++) {
          double factor = m[k / to.side][i / side] * m[k % to.side][i % side];
          to.values[k] += factor * values[i];
          to.magnitudes[k] += Math.abs(factor) * magnitudes[i];
        }
      }
      return to;
    }
  }

  /** Pixels in tiles of 4x4. */
  private static final class Image {
    final int n;
    final int height;
    final int width;
    final int channels;
    final double[] values;

    Image(HostTensor tensor) {
      TensorSpec spec = tensor.spec();
      this.n = spec.shape().dim(0);
      this.height = spec.shape().dim(1);
      this.width = spec.shape().dim(2);
      this.channels = spec.shape().dim(3);
      this.values = tensor.doubles();
    }

    Image(int n, int height, int width, int channels) {
      this.n = n;
      this.height = height;
      this.width = width;
      this.channels = channels;
      this.values = new double[n * height * width * channels];
    }

    private int across() {
      return (width + SIDE - 1) / SIDE;
    }

    private int down() {
      return (height + SIDE - 1) / SIDE;
    }

    int tiles() {
      return n * down() * across();
    }

    /** The place of a pixel relative to a tile's first, or -1 outside. */
    int at(int tile, int row, int column, int channel) {
      int y = tile / across() % down() * SIDE + row;
      int x = tile % across() * SIDE + column;
      int image = tile / across() / down();
      return y < 0 || y >= height || x < 0 || x >= width
          ? -1
          : ((image * height + y) * width + x) * channels + channel;
    }

    /** By channel, what a matrix makes of a square of pixels that begins so far before a tile. */
    Square[] transforms(int tile, int side, int before, double[][] matrix) {
      Square[] all = new Square[channels];
      for (int i = 0; i < channels; i++) {
        int channel = i;
        all[i] =
            Square.of(
                    side,
                    (r, c) -> {
                      int at = at(tile, r - before, c - before, channel);
                      return at < 0 ? 0 : values[at];
                    })
                .transformed(matrix);
      }
      return all;
    }
  }
}
