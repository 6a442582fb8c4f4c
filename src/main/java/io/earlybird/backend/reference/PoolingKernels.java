package io.earlybird.backend.reference;

import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.AvgPool2dBackward;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.MaxPool2dBackward;

/**
 * Pooling over windows of {@code [N,H,W,C]}: the maximum is bit-exact, the average sums in double.
 */
final class PoolingKernels {
  private PoolingKernels() {}

  /** Visits one pair of an input and an output element that lie in one window. */
  @FunctionalInterface
  private interface Pair {
    void visit(int in, int out, int place);
  }

  /** Visits all pairs: outputs in row-major order, each one's window in row-major order. */
  private static void pairs(Shape in, Shape out, int kernel, int stride, int pad, Pair pair) {
    int h = in.dim(1);
    int w = in.dim(2);
    int c = in.dim(3);
    for (int o = 0; o < out.size(); o++) {
      int pixel = o / c;
      int top = pixel / out.dim(2) % out.dim(1) * stride - pad;
      int left = pixel % out.dim(2) * stride - pad;
      int image = pixel / (out.dim(1) * out.dim(2));
      for (int place = 0; place < kernel * kernel; place++) {
        int y = top + place / kernel;
        int x = left + place % kernel;
        if (y >= 0 && y < h && x >= 0 && x < w) {
          pair.visit(((image * h + y) * w + x) * c + o % c, o, place);
        }
      }
    }
  }

  static void max(MaxPool2d op, Arguments a) {
    double[] x = a.doubles(0);
    Shape out = a.out(0).shape();
    double[] y = new double[(int) out.size()];
    int[] places = new int[y.length];
    boolean[] seen = new boolean[y.length];
    pairs(
        a.shape(0),
        out,
        op.kernel(),
        op.stride(),
        op.padding(),
        (i, o, place) -> {
          boolean wins = !Double.isNaN(y[o]) && (x[i] > y[o] || Double.isNaN(x[i]));
          if (!seen[o] || wins) {
            seen[o] = true;
            y[o] = x[i];
            places[o] = place;
          }
        });
    a.put(0, y);
    a.out(1).put(places);
  }

  static void maxBackward(MaxPool2dBackward op, Arguments a) {
    double[] dy = a.doubles(0);
    int[] places = a.in(1).ints();
    double[] dx = new double[a.out(0).size()];
    pairs(
        a.out(0).shape(),
        a.shape(0),
        op.kernel(),
        op.stride(),
        op.padding(),
        (i, o, place) -> {
          if (places[o] == place) {
            dx[i] = a.round(dx[i] + dy[o]);
          }
        });
    a.put(0, dx);
  }

  static void average(AvgPool2d op, Arguments a) {
    double[] x = a.doubles(0);
    a.put(0, average(op, a, x));
    if (a.measures()) {
      a.magnitude(0, average(op, a, Products.abs(x)), (long) op.kernel() * op.kernel());
    }
  }

  private static double[] average(AvgPool2d op, Arguments a, double[] x) {
    double[] y = new double[a.out(0).size()];
    Shape out = a.out(0).shape();
    pairs(a.shape(0), out, op.kernel(), op.stride(), 0, (i, o, place) -> y[o] += x[i]);
    return divide(y, op.kernel());
  }

  static void averageBackward(AvgPool2dBackward op, Arguments a) {
    double[] dy = a.doubles(0);
    a.put(0, averageBackward(op, a, dy));
    if (a.measures()) {
      a.magnitude(0, averageBackward(op, a, Products.abs(dy)), (long) op.kernel() * op.kernel());
    }
  }

  private static double[] averageBackward(AvgPool2dBackward op, Arguments a, double[] dy) {
    double[] dx = new double[a.out(0).size()];
    Shape in = a.out(0).shape();
    pairs(in, a.shape(0), op.kernel(), op.stride(), 0, (i, o, place) -> dx[i] += dy[o]);
    return divide(dx, op.kernel());
  }

  private static double[] divide(double[] sums, int kernel) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] /= kernel * kernel;
    }
    return sums;
  }
}
