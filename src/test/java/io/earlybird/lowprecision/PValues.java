package io.earlybird.lowprecision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;

/** Tests of many tests: what their p-values should look like. */
final class PValues {
  private PValues() {}

  /** Upper tail of |z| of a normal deviate (Abramowitz and Stegun 7.1.26, to 1e-7). */
  static double twoSided(double z) {
    double x = Math.abs(z) / Math.sqrt(2);
    double t = 1 / (1 + 0.3275911 * x);
    double poly =
        t
            * (0.254829592
                + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return poly * Math.exp(-x * x);
  }

  /** Kolmogorov and Smirnov's test at a level of 1e-4. */
  static void assertUniform(double[] values, String what) {
    double[] p = values.clone();
    Arrays.sort(p);
    double distance = 0;
    for (int i = 0; i < p.length; i++) {
      distance =
          Math.max(distance, Math.max(p[i] - (double) i / p.length, (i + 1.0) / p.length - p[i]));
    }
    assertThat(distance * Math.sqrt(p.length)).as(what).isLessThan(2.23);
  }
}
