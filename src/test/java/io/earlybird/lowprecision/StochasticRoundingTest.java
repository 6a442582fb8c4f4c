package io.earlybird.lowprecision;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.tensor.Shape;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.Quantizer;
import io.earlybird.tensor.format.Rounding;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Stochastic rounding over many keys: what its rounding up is worth as a random number. */
class StochasticRoundingTest {
  private static final int KEYS = 400;
  private static final int ELEMENTS = 4000;

  /** The block's largest value, then values a known share of the way between two numbers. */
  private static float[] values(double share, int wordLength) {
    float unit = (float) Math.scalb(1.0, 2 - wordLength);
    float[] x = new float[ELEMENTS + 1];
    Arrays.fill(x, (float) (0.25 + share * unit));
    x[0] = 1;
    return x;
  }

  @Test
  void theShareThatIsRoundedUpHasUniformPValuesOverKeys() {
    for (int wordLength : new int[] {4, 8}) {
      for (double share : new double[] {0.125, 0.5, 0.6875}) {
        float[] x = values(share, wordLength);
        Quantizer quantizer = new Quantizer(new BlockFloat(wordLength, -1), Rounding.STOCHASTIC);
        double[] p = new double[KEYS];
        for (int key = 0; key < KEYS; key++) {
          float[] y =
              quantizer.quantize(x, Shape.of(x.length), new Quantizer.Draws(key, 7L * key, "k"));
          int up = 0;
          for (int i = 1; i < y.length; i++) {
            up += y[i] > x[i] ? 1 : 0;
          }
          double deviation = Math.sqrt(ELEMENTS * share * (1 - share));
          p[key] = PValues.twoSided((up - ELEMENTS * share) / deviation);
        }
        PValues.assertUniform(p, wordLength + " bits, share " + share);
      }
    }
  }

  @Test
  void neighboursStepsAndNamesAreIndependent() {
    float[] x = values(0.5, 8);
    Quantizer quantizer = new Quantizer(new BlockFloat(8, -1), Rounding.STOCHASTIC);
    float[] a = quantizer.quantize(x, Shape.of(x.length), new Quantizer.Draws(1, 5, "a"));
    float[] nextStep = quantizer.quantize(x, Shape.of(x.length), new Quantizer.Draws(1, 6, "a"));
    float[] otherName = quantizer.quantize(x, Shape.of(x.length), new Quantizer.Draws(1, 5, "b"));
    assertThat(agreement(a, 1, nextStep, 1)).isBetween(-5.0, 5.0);
    assertThat(agreement(a, 1, otherName, 1)).isBetween(-5.0, 5.0);
    assertThat(agreement(a, 1, a, 2)).isBetween(-5.0, 5.0);
    assertThat(agreement(a, 1, a, 9)).isBetween(-5.0, 5.0);
  }

  /** How far the number of equal decisions is from a half, in standard deviations. */
  private static double agreement(float[] a, int from, float[] b, int other) {
    int n = ELEMENTS - 16;
    int same = 0;
    for (int i = 0; i < n; i++) {
      same += a[from + i] == b[other + i] ? 1 : 0;
    }
    return (same - n / 2.0) / Math.sqrt(n / 4.0);
  }
}
