package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;

/**
 * Winograd's F(2x2, 3x3) with transforms in fp32 that are rounded to bf16, and everything after
 * that in double: results, and for each the sum of absolute values that its rounding depends on.
 */
record Bf16Winograd(double[] values, double[] magnitudes, long terms) {
  /** Of the design's tolerance {@code c u sqrt(K) sum |a b|}. */
  private static final double C = 4;

  private static final int POINTS = 16;

  /** What becomes of a result, by its index; slopes of at most 2. */
  @FunctionalInterface
  interface Then {
    double of(int index, double value);
  }

  /** The same results after some function of them. */
  Bf16Winograd map(Then then) {
    double[] mapped = new double[values.length];
    for (int i = 0; i < mapped.length; i++) {
      mapped[i] = then.of(i, values[i]);
    }
    double[] wider = magnitudes.clone();
    for (int i = 0; i < wider.length; i++) {
      wider[i] = 2 * wider[i] + 4;
    }
    return new Bf16Winograd(mapped, wider, terms);
  }

  /** Asserts that a result is this one, rounded as fp32 sums are and, if asked, to bf16. */
  void check(HostTensor actual, boolean bf16) {
    double[] got = actual.doubles();
    double scale = C * Math.ulp(1f) / 2 * Math.sqrt(terms);
    for (int i = 0; i < got.length; i++) {
      double last = bf16 ? Math.abs(values[i]) * 0x1.01p-8 : 0;
      assertThat(Math.abs(got[i] - values[i]))
          .as("element %d of %s", i, actual.spec())
          .isLessThanOrEqualTo(scale * magnitudes[i] + last);
    }
  }

  /** {@code [I,O,3,3]} of {@code [O,I,3,3]}, every kernel turned by half a circle. */
  static HostTensor turned(HostTensor w) {
    int out = w.spec().shape().dim(0);
    int in = w.spec().shape().dim(1);
    double[] from = w.doubles();
    double[] to = new double[from.length];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        for (int tap = 0; tap < 9; tap++) {
          to[(i * out + o) * 9 + 8 - tap] = from[(o * in + i) * 9 + tap];
        }
      }
    }
    return HostTensor.ofDoubles(TensorSpec.f32(in, out, 3, 3), to);
  }

  /** The convolution of x {@code [N,H,W,I]} with w {@code [O,I,3,3]}, padding 1. */
  static Bf16Winograd convolution(HostTensor x, HostTensor w) {
    Image image = new Image(x);
    int out = w.spec().shape().dim(0);
    int in = image.channels;
    double[] weights = w.doubles();
    float[][] g = new float[out * in][];
    for (int k = 0; k < g.length; k++) {
      g[k] = weightTransform(weights, 9 * k);
    }
    Image y = new Image(image.n, image.height, image.width, out);
    double[] magnitudes = new double[y.values.length];
    for (int tile = 0; tile < image.tiles(); tile++) {
      float[][] t = image.pixelTransforms(tile);
      for (int o = 0; o < out; o++) {
        double[] m = new double[POINTS];
        double[] size = new double[POINTS];
        for (int i = 0; i < in; i++) {
          for (int p = 0; p < POINTS; p++) {
            double product = (double) t[i][p] * g[o * in + i][p];
            m[p] += product;
            size[p] += Math.abs(product);
          }
        }
        for (int r = 0; r < 2; r++) {
          for (int c = 0; c < 2; c++) {
            int at = y.at(tile, r, c, o);
            if (at >= 0) {
              y.values[at] = result(m, r, c, false);
              magnitudes[at] = result(size, r, c, true);
            }
          }
        }
      }
    }
    return new Bf16Winograd(y.values, magnitudes, in + 8);
  }

  /**
   * The gradient of the weight {@code [O,I,3,3]} for x {@code [N,H,W,I]} and dy {@code [N,H,W,O]}.
   */
  static Bf16Winograd weightGradient(HostTensor x, HostTensor dy) {
    Image image = new Image(x);
    Image gradient = new Image(dy);
    int in = image.channels;
    int out = gradient.channels;
    double[][] sums = new double[out * in][POINTS];
    double[][] sizes = new double[out * in][POINTS];
    for (int tile = 0; tile < image.tiles(); tile++) {
      float[][] t = image.pixelTransforms(tile);
      float[][] d = gradient.gradientTransforms(tile);
      for (int k = 0; k < out * in; k++) {
        for (int p = 0; p < POINTS; p++) {
          double product = (double) t[k % in][p] * d[k / in][p];
          sums[k][p] += product;
          sizes[k][p] += Math.abs(product);
        }
      }
    }
    double[] values = new double[out * in * 9];
    double[] magnitudes = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = weight(sums[i / 9], i % 9 / 3, i % 3, false);
      magnitudes[i] = weight(sizes[i / 9], i % 9 / 3, i % 3, true);
    }
    return new Bf16Winograd(values, magnitudes, image.tiles() + 8);
  }

  private static float rounded(float value) {
    return (float) Bf16Memory.rounded(value);
  }

  /** G g G^T. */
  private static float[] weightTransform(double[] w, int at) {
    float[] t = new float[12];
    for (int c = 0; c < 3; c++) {
      float[] f = line((float) w[at + c], (float) w[at + 3 + c], (float) w[at + 6 + c]);
      for (int r = 0; r < 4; r++) {
        t[3 * r + c] = f[r];
      }
    }
    float[] out = new float[POINTS];
    for (int r = 0; r < 4; r++) {
      float[] f = line(t[3 * r], t[3 * r + 1], t[3 * r + 2]);
      for (int c = 0; c < 4; c++) {
        out[4 * r + c] = rounded(f[c]);
      }
    }
    return out;
  }

  private static float[] line(float a, float b, float c) {
    float ends = a + c;
    return new float[] {a, (ends + b) * 0.5f, (ends - b) * 0.5f, c};
  }

  private static final double[][] OUTPUT = {{1, 1, 1, 0}, {0, 1, -1, -1}};
  private static final double[][] WEIGHT = {{1, 0.5, 0.5, 0}, {0, 0.5, -0.5, 0}, {0, 0.5, 0.5, 1}};

  /** An element of A^T m A. */
  private static double result(double[] m, int row, int column, boolean absolute) {
    return bilinear(OUTPUT[row], m, OUTPUT[column], absolute);
  }

  /** An element of G^T s G. */
  private static double weight(double[] s, int row, int column, boolean absolute) {
    return bilinear(WEIGHT[row], s, WEIGHT[column], absolute);
  }

  private static double bilinear(double[] left, double[] m, double[] right, boolean absolute) {
    double sum = 0;
    for (int p = 0; p < POINTS; p++) {
      double factor = left[p / 4] * right[p % 4];
      sum += (absolute ? Math.abs(factor) : factor) * m[p];
    }
    return sum;
  }

  /** Pixels in tiles of 2x2. */
  private static final class Image {
    final int n;
    final int height;
    final int width;
    final int channels;
    final double[] values;

    Image(HostTensor tensor) {
      this.n = tensor.spec().shape().dim(0);
      this.height = tensor.spec().shape().dim(1);
      this.width = tensor.spec().shape().dim(2);
      this.channels = tensor.spec().shape().dim(3);
      this.values = tensor.doubles();
    }

    Image(int n, int height, int width, int channels) {
      this.n = n;
      this.height = height;
      this.width = width;
      this.channels = channels;
      this.values = new double[n * height * width * channels];
    }

    int tiles() {
      return n * ((height + 1) / 2) * ((width + 1) / 2);
    }

    /** The place of a pixel relative to a tile's first, or -1 outside. */
    int at(int tile, int row, int column, int channel) {
      int across = (width + 1) / 2;
      int down = (height + 1) / 2;
      int y = tile / across % down * 2 + row;
      int x = tile % across * 2 + column;
      return y < 0 || y >= height || x < 0 || x >= width
          ? -1
          : ((tile / across / down * height + y) * width + x) * channels + channel;
    }

    private float pixel(int tile, int row, int column, int channel) {
      int at = at(tile, row, column, channel);
      return at < 0 ? 0 : (float) values[at];
    }

    /** B^T d B, by channel. */
    float[][] pixelTransforms(int tile) {
      float[][] all = new float[channels][POINTS];
      for (int i = 0; i < channels; i++) {
        float[] t = new float[POINTS];
        for (int c = 0; c < 4; c++) {
          float[] d = new float[4];
          for (int r = 0; r < 4; r++) {
            d[r] = pixel(tile, r - 1, c - 1, i);
          }
          float[] f = input(d[0], d[1], d[2], d[3]);
          for (int r = 0; r < 4; r++) {
            t[4 * r + c] = f[r];
          }
        }
        for (int r = 0; r < 4; r++) {
          float[] f = input(t[4 * r], t[4 * r + 1], t[4 * r + 2], t[4 * r + 3]);
          for (int c = 0; c < 4; c++) {
            all[i][4 * r + c] = rounded(f[c]);
          }
        }
      }
      return all;
    }

    private static float[] input(float a, float b, float c, float d) {
      return new float[] {a - c, b + c, c - b, b - d};
    }

    /** A d A^T, by channel. */
    float[][] gradientTransforms(int tile) {
      float[][] all = new float[channels][POINTS];
      for (int o = 0; o < channels; o++) {
        float[] t = new float[8];
        for (int c = 0; c < 2; c++) {
          float[] f = gradient(pixel(tile, 0, c, o), pixel(tile, 1, c, o));
          for (int r = 0; r < 4; r++) {
            t[2 * r + c] = f[r];
          }
        }
        for (int r = 0; r < 4; r++) {
          float[] f = gradient(t[2 * r], t[2 * r + 1]);
          for (int c = 0; c < 4; c++) {
            all[o][4 * r + c] = rounded(f[c]);
          }
        }
      }
      return all;
    }

    private static float[] gradient(float a, float b) {
      return new float[] {a, a + b, a - b, -b};
    }
  }
}
