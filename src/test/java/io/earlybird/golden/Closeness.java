package io.earlybird.golden;

import static org.assertj.core.api.Assertions.assertThat;

/** Comparison of sums whose order of summation differs. */
public final class Closeness {
  /** Tolerance relative to the largest magnitude, as the recorded cases' README gives it. */
  public static final double RELATIVE = 1e-4;

  private Closeness() {}

  /** Every element agrees within {@link #RELATIVE} of the largest expected magnitude. */
  public static void assertClose(String what, double[] actual, double[] expected) {
    assertClose(what, actual, expected, 0);
  }

  /**
   * As {@link #assertClose(String, double[], double[])} with an absolute allowance for values that
   * are zero in exact arithmetic.
   */
  public static void assertClose(String what, double[] actual, double[] expected, double noise) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    double largest = largest(expected);
    double tolerance = RELATIVE * largest + noise;
    for (int i = 0; i < actual.length; i++) {
      double error = Math.abs(actual[i] - expected[i]);
      if (!(error <= tolerance)) {
        throw new AssertionError(
            String.format(
                "%s: element %d is %g, expected %g, off by %g, more than %g",
                what, i, actual[i], expected[i], error, tolerance));
      }
    }
  }

  /** The largest magnitude. */
  public static double largest(double[] values) {
    double largest = 0;
    for (double v : values) {
      largest = Math.max(largest, Math.abs(v));
    }
    return largest;
  }

  /** Floats as doubles. */
  public static double[] doubles(float[] values) {
    double[] out = new double[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = values[i];
    }
    return out;
  }
}
