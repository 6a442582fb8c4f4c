package io.earlybird.backend.reference;

import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;

/** Convolution and its gradients; sums in double, rounded once. */
final class ConvolutionKernels {
  private ConvolutionKernels() {}

  static void forward(Conv2d op, Arguments a) {
    Shape w = a.shape(1);
    Shape y = a.out(0).shape();
    Products p = products(a.shape(0), y, w.dim(2), w.dim(3), op.stride(), op.padding());
    double[] x = a.doubles(0);
    double[] hwio = p.hwio(a.doubles(1));
    a.put(0, p.forward(x, hwio));
    if (a.measures()) {
      a.magnitude(
          0, p.forward(Products.abs(x), Products.abs(hwio)), (long) p.kh() * p.kw() * p.ci());
    }
  }

  static void backwardData(Conv2dBackwardData op, Arguments a) {
    Shape w = a.shape(1);
    Shape dx = a.out(0).shape();
    Products p = products(dx, a.shape(0), w.dim(2), w.dim(3), op.stride(), op.padding());
    double[] dy = a.doubles(0);
    double[] hwoi = p.hwoi(a.doubles(1));
    a.put(0, p.backwardData(dy, hwoi));
    if (a.measures()) {
      a.magnitude(
          0, p.backwardData(Products.abs(dy), Products.abs(hwoi)), (long) p.kh() * p.kw() * p.co());
    }
  }

  static void backwardWeight(Conv2dBackwardWeight op, Arguments a) {
    Products p =
        products(
            a.shape(0), a.shape(1), op.kernelHeight(), op.kernelWidth(), op.stride(), op.padding());
    double[] x = a.doubles(0);
    double[] dy = a.doubles(1);
    a.put(0, p.oihw(p.backwardWeight(x, dy)));
    if (a.measures()) {
      double[] sums = p.oihw(p.backwardWeight(Products.abs(x), Products.abs(dy)));
      a.magnitude(0, sums, (long) p.n() * p.oh() * p.ow());
    }
  }

  private static Products products(Shape x, Shape y, int kh, int kw, int stride, int pad) {
    return new Products(
        x.dim(0), x.dim(1), x.dim(2), x.dim(3), y.dim(1), y.dim(2), y.dim(3), kh, kw, stride, pad);
  }
}
