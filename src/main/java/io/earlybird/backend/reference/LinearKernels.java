package io.earlybird.backend.reference;

import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.LinearBackwardData;
import io.earlybird.tensor.op.LinearBackwardWeight;

/** The linear layer and its gradients; sums in double, rounded once. */
final class LinearKernels {
  private LinearKernels() {}

  static void forward(Linear op, Arguments a) {
    Products p = Products.matrix(a.shape(0).dim(0), a.shape(0).dim(1), a.shape(1).dim(0));
    double[] x = a.doubles(0);
    double[] io = p.hwio(a.doubles(1));
    double[] bias = a.doubles(2);
    a.put(0, addToRows(p.forward(x, io), bias));
    if (a.measures()) {
      double[] sums = p.forward(Products.abs(x), Products.abs(io));
      a.magnitude(0, addToRows(sums, Products.abs(bias)), p.ci() + 1L);
    }
  }

  static void backwardData(LinearBackwardData op, Arguments a) {
    Products p = Products.matrix(a.shape(0).dim(0), a.shape(1).dim(1), a.shape(0).dim(1));
    double[] dy = a.doubles(0);
    double[] oi = a.doubles(1);
    a.put(0, p.backwardData(dy, oi));
    if (a.measures()) {
      a.magnitude(0, p.backwardData(Products.abs(dy), Products.abs(oi)), p.co());
    }
  }

  static void backwardWeight(LinearBackwardWeight op, Arguments a) {
    Products p = Products.matrix(a.shape(0).dim(0), a.shape(0).dim(1), a.shape(1).dim(1));
    double[] x = a.doubles(0);
    double[] dy = a.doubles(1);
    a.put(0, p.oihw(p.backwardWeight(x, dy)));
    a.put(1, sumRows(dy, p.co()));
    if (a.measures()) {
      double[] ax = Products.abs(x);
      double[] ady = Products.abs(dy);
      a.magnitude(0, p.oihw(p.backwardWeight(ax, ady)), p.n());
      a.magnitude(1, sumRows(ady, p.co()), p.n());
    }
  }

  private static double[] addToRows(double[] rows, double[] vector) {
    for (int i = 0; i < rows.length; i++) {
      rows[i] += vector[i % vector.length];
    }
    return rows;
  }

  private static double[] sumRows(double[] rows, int columns) {
    double[] sum = new double[columns];
    for (int i = 0; i < rows.length; i++) {
      sum[i % columns] += rows[i];
    }
    return sum;
  }
}
