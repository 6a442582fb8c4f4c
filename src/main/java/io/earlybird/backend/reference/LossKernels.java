package io.earlybird.backend.reference;

import io.earlybird.tensor.op.SoftmaxCrossEntropy;
import io.earlybird.tensor.op.SoftmaxCrossEntropyBackward;

/** Softmax cross-entropy and its gradient, in double, rounded once. */
final class LossKernels {
  private LossKernels() {}

  /**
   * Per row, with {@code z = logits - max(logits)} and {@code s = sum exp(z)}: {@code p = exp(z) /
   * s} and {@code loss = log(s) - z[label]}, which stays finite where p underflows. A NaN logit
   * makes its whole row NaN.
   */
  static void forward(SoftmaxCrossEntropy op, Arguments a) {
    int n = a.shape(0).dim(0);
    int k = a.shape(0).dim(1);
    double[] z = a.doubles(0);
    int[] labels = a.in(1).ints();
    double[] p = new double[z.length];
    double[] pMagnitude = new double[z.length];
    double loss = 0;
    double lossMagnitude = 0;
    for (int row = 0; row < n; row++) {
      int at = row * k;
      double max = Double.NEGATIVE_INFINITY;
      for (int j = at; j < at + k; j++) {
        max = Math.max(max, z[j]);
      }
      double sum = 0;
      for (int j = at; j < at + k; j++) {
        z[j] -= max;
        p[j] = Math.exp(z[j]);
        sum += p[j];
      }
      // Rounding z shifts exp(z) by |z| units, and the sum by the mean of those.
      double spread = 1;
      for (int j = at; j < at + k; j++) {
        p[j] /= sum;
        spread += p[j] == 0 ? 0 : p[j] * Math.abs(z[j]);
      }
      for (int j = at; j < at + k; j++) {
        pMagnitude[j] = p[j] == 0 ? 0 : p[j] * (Math.abs(z[j]) + spread);
      }
      double zLabel = z[at + labels[row]];
      loss += Math.log(sum) - zLabel;
      lossMagnitude += Math.log(sum) + Math.abs(zLabel) + spread;
    }
    a.put(0, new double[] {loss / n});
    a.put(1, p);
    if (a.measures()) {
      a.magnitude(0, new double[] {lossMagnitude / n}, n + k);
      a.magnitude(1, pMagnitude, k);
    }
  }

  static void backward(SoftmaxCrossEntropyBackward op, Arguments a) {
    int n = a.shape(0).dim(0);
    int k = a.shape(0).dim(1);
    double[] p = a.doubles(0);
    int[] labels = a.in(1).ints();
    double dloss = a.in(2).scalar();
    double[] dz = new double[p.length];
    double[] m = new double[p.length];
    for (int i = 0; i < p.length; i++) {
      double hot = labels[i / k] == i % k ? 1 : 0;
      dz[i] = dloss * (p[i] - hot) / n;
      m[i] = Math.abs(dloss) * (Math.abs(p[i]) + hot) / n;
    }
    a.put(0, dz);
    if (a.measures()) {
      a.magnitude(0, m, 4);
    }
  }
}
