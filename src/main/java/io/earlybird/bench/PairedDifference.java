package io.earlybird.bench;

import java.util.Arrays;

/**
 * How much longer one of two things takes, from pairs that were measured one right after the other.
 * The median and its interval come from the differences' order alone: on a shared machine they are
 * far from normal, and a few pairs that something else disturbed must not decide.
 *
 * @param pairs number of pairs
 * @param median of the relative differences, {@code (a - b) / b}
 * @param low lower end of its confidence interval of at least 95%
 * @param high upper end
 */
public record PairedDifference(int pairs, double median, double low, double high) {
  /** Fewer have no such interval. */
  private static final int LEAST = 6;

  private static final double BOTH_TAILS = 0.05;

  /**
   * The difference of two series.
   *
   * @param a times of the one, at least six
   * @param b times of the other, as many
   */
  public static PairedDifference of(double[] a, double[] b) {
    int n = a.length;
    if (n < LEAST || b.length != n) {
      throw new IllegalArgumentException(n + " and " + b.length + " times: no pairs to compare");
    }
    double[] d = new double[n];
    for (int i = 0; i < n; i++) {
      d[i] = (a[i] - b[i]) / b[i];
    }
    Arrays.sort(d);
    int beyond = beyond(n);
    return new PairedDifference(n, Median.of(d), d[beyond], d[n - 1 - beyond]);
  }

  /**
   * How many of n ordered values may be left out on each side so that the median of what they were
   * drawn from lies between the others in 95 of 100 cases: each value is as likely above as below
   * it.
   */
  static int beyond(int n) {
    double ways = Math.pow(0.5, n);
    double below = ways;
    int count = 0;
    while (2 * below <= BOTH_TAILS) {
      count++;
      ways *= (double) (n - count + 1) / count;
      below += ways;
    }
    return count - 1;
  }
}
