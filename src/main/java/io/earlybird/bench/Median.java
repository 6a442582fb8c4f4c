package io.earlybird.bench;

import java.util.Arrays;

/** The median of measured times, and their spread. */
public final class Median {
  private Median() {}

  /** The middle value, or the mean of the two in the middle; there must be one value at least. */
  public static double of(double[] values) {
    return quantile(values, 0.5);
  }

  /** The distance of the quartiles, relative to the median. */
  public static double spread(double[] values) {
    return (quantile(values, 0.75) - quantile(values, 0.25)) / of(values);
  }

  /** Between the values next to a place in their order, linearly. */
  private static double quantile(double[] values, double place) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double at = place * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
