package io.earlybird.backend.reference;

import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.BatchNormInference;

/**
 * Batch norm (Ioffe and Szegedy 2015). The statistics are summed in double, the variance around the
 * mean, and rounded once; everything after that uses the rounded ones.
 *
 * <p>The apply step rounds after every operation, in this order: {@code invstd = 1 / sqrt(variance
 * + epsilon)} (in double, rounded once), {@code scale = invstd * gamma}, {@code y = (x - mean) *
 * scale + beta}. The fused backward op recomputes the ReLU's mask by the same arithmetic.
 */
final class BatchNormKernels {
  /** Unit roundoff of fp32: the rounding of a mean also reaches the variance around it. */
  private static final double FP32_UNIT = 0x1p-24;

  private BatchNormKernels() {}

  static void forward(BatchNorm op, Arguments a) {
    double[] x = a.doubles(0);
    double[] gamma = a.doubles(1);
    double[] beta = a.doubles(2);
    int c = gamma.length;
    double rows = x.length / c;
    double[] mean = new double[c];
    double[] meanMagnitude = new double[c];
    for (int i = 0; i < x.length; i++) {
      mean[i % c] += x[i];
      meanMagnitude[i % c] += Math.abs(x[i]);
    }
    divide(mean, rows);
    divide(meanMagnitude, rows);
    double[] variance = new double[c];
    for (int i = 0; i < x.length; i++) {
      double d = x[i] - mean[i % c];
      variance[i % c] += d * d;
    }
    divide(variance, rows);
    double[] varianceMagnitude = new double[c];
    for (int k = 0; k < c; k++) {
      double shift = FP32_UNIT * Math.sqrt(rows) * meanMagnitude[k] * meanMagnitude[k];
      varianceMagnitude[k] = variance[k] + shift;
      mean[k] = a.round(mean[k]);
      variance[k] = a.round(variance[k]);
    }
    double[] scale = scale(a, gamma, variance, op.epsilon());
    a.put(0, apply(a, x, mean, scale, beta));
    a.put(1, mean);
    a.put(2, variance);
    if (a.measures()) {
      double[] m = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        int k = i % c;
        double spread = 1 + varianceMagnitude[k] / (variance[k] + op.epsilon());
        double slope = Math.abs(scale[k]);
        m[i] =
            meanMagnitude[k] * slope
                + Math.abs(x[i] - mean[k]) * slope * spread
                + Math.abs(beta[k]);
      }
      a.magnitude(0, m, (long) rows);
      a.magnitude(1, meanMagnitude, (long) rows);
      a.magnitude(2, varianceMagnitude, (long) rows);
    }
  }

  static void inference(BatchNormInference op, Arguments a) {
    double[] x = a.doubles(0);
    double[] beta = a.doubles(2);
    double[] mean = a.doubles(3);
    double[] scale = scale(a, a.doubles(1), a.doubles(4), op.epsilon());
    a.put(0, apply(a, x, mean, scale, beta));
    if (a.measures()) {
      double[] m = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        int k = i % scale.length;
        m[i] = Math.abs((x[i] - mean[k]) * scale[k]) + Math.abs(beta[k]);
      }
      a.magnitude(0, m, 4);
    }
  }

  static void backward(BatchNormBackward op, Arguments a) {
    double[] x = a.doubles(0);
    double[] dy = a.doubles(1);
    double[] mean = a.doubles(2);
    double[] variance = a.doubles(3);
    double[] gamma = a.doubles(4);
    int c = gamma.length;
    double rows = x.length / c;
    double[] invstd = new double[c];
    for (int k = 0; k < c; k++) {
      invstd[k] = 1 / Math.sqrt(variance[k] + op.epsilon());
    }
    double[] dgamma = new double[c];
    double[] dbeta = new double[c];
    double[] dgammaMagnitude = new double[c];
    double[] dbetaMagnitude = new double[c];
    for (int i = 0; i < x.length; i++) {
      int k = i % c;
      double term = dy[i] * ((x[i] - mean[k]) * invstd[k]);
      dgamma[k] += term;
      dgammaMagnitude[k] += Math.abs(term);
      dbeta[k] += dy[i];
      dbetaMagnitude[k] += Math.abs(dy[i]);
    }
    double[] dx = new double[x.length];
    double[] m = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      int k = i % c;
      double xhat = (x[i] - mean[k]) * invstd[k];
      double slope = gamma[k] * invstd[k];
      dx[i] = slope * (dy[i] - dbeta[k] / rows - xhat * (dgamma[k] / rows));
      m[i] =
          Math.abs(slope)
              * (Math.abs(dy[i])
                  + dbetaMagnitude[k] / rows
                  + Math.abs(xhat) * dgammaMagnitude[k] / rows);
    }
    a.put(0, dx);
    a.put(1, dgamma);
    a.put(2, dbeta);
    if (a.measures()) {
      a.magnitude(0, m, (long) rows);
      a.magnitude(1, dgammaMagnitude, (long) rows);
      a.magnitude(2, dbetaMagnitude, (long) rows);
    }
  }

  private static double[] scale(Arguments a, double[] gamma, double[] variance, float epsilon) {
    double[] scale = new double[gamma.length];
    for (int k = 0; k < scale.length; k++) {
      double invstd = a.round(1 / Math.sqrt(variance[k] + epsilon));
      scale[k] = a.round(invstd * gamma[k]);
    }
    return scale;
  }

  private static double[] apply(
      Arguments a, double[] x, double[] mean, double[] scale, double[] beta) {
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      int k = i % scale.length;
      y[i] = a.round(a.round(a.round(x[i] - mean[k]) * scale[k]) + beta[k]);
    }
    return y;
  }

  private static void divide(double[] values, double divisor) {
    for (int i = 0; i < values.length; i++) {
      values[i] /= divisor;
    }
  }
}
