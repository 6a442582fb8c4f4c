package io.earlybird.bench;

import java.util.Arrays;

/**
 * How much longer one of two things takes, from pairs that were measured one right after the other.
 *
 * @param pairs number of pairs
 * @param mean of the relative differences, {@code (a - b) / b}
 * @param halfWidth half the width of its 95% confidence interval (Student's t)
 */
public record PairedDifference(int pairs, double mean, double halfWidth) {
  /** 97.5% quantile of the normal distribution. */
  private static final double Z = 1.959963984540054;

  /**
   * The difference of two series.
   *
   * @param a times of the one, at least three
   * @param b times of the other, as many
   */
  public static PairedDifference of(double[] a, double[] b) {
    int n = a.length;
    if (n < 3 || b.length != n) {
      throw new IllegalArgumentException(n + " and " + b.length + " times: no pairs to compare");
    }
    double[] d = new double[n];
    for (int i = 0; i < n; i++) {
      d[i] = (a[i] - b[i]) / b[i];
    }
    double mean = Arrays.stream(d).average().orElseThrow();
    double squares = Arrays.stream(d).map(v -> (v - mean) * (v - mean)).sum();
    return new PairedDifference(n, mean, quantile(n - 1) * Math.sqrt(squares / (n - 1) / n));
  }

  /** Lower end of the interval. */
  public double low() {
    return mean - halfWidth;
  }

  /** Upper end of the interval. */
  public double high() {
    return mean + halfWidth;
  }

  /**
   * The 97.5% quantile of Student's t by its expansion around the normal one (Abramowitz and
   * Stegun, 26.7.5); below 1% off from two degrees of freedom on.
   */
  static double quantile(int freedom) {
    double z2 = Z * Z;
    double f = freedom;
    double g1 = (z2 + 1) / 4;
    double g2 = ((5 * z2 + 16) * z2 + 3) / 96;
    double g3 = (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
    double g4 = ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160;
    return Z * (1 + (g1 + (g2 + (g3 + g4 / f) / f) / f) / f);
  }
}
