package io.earlybird.bench;

import java.util.Arrays;

/** The median of measured times. */
public final class Median {
  private Median() {}

  /** The middle value, or the mean of the two in the middle; there must be one value at least. */
  public static double of(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }
}
