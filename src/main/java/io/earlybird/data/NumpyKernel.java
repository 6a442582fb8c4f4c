package io.earlybird.data;

/**
 * The weights of a Gaussian blur to the last bit of those that the original gets from NumPy. A blur
 * that cuts to 8 bits after each axis shows that bit: flat areas come out one lower or higher.
 *
 * <p>NumPy's vectorised exponential reduces by 2^(1/16), rounding down, and adds the rest to a
 * table's entry with one rounding; it is up to an ulp off the correctly rounded value. Its sums run
 * in eight lanes.
 */
final class NumpyKernel {
  /** 2^(j/16), correctly rounded. */
  private static final double[] POWERS = {
    0x1p0, 0x1.0b5586cf9890fp0, 0x1.172b83c7d517bp0, 0x1.2387a6e756238p0,
    0x1.306fe0a31b715p0, 0x1.3dea64c123422p0, 0x1.4bfdad5362a27p0, 0x1.5ab07dd485429p0,
    0x1.6a09e667f3bcdp0, 0x1.7a11473eb0187p0, 0x1.8ace5422aa0dbp0, 0x1.9c49182a3f090p0,
    0x1.ae89f995ad3adp0, 0x1.c199bdd85529cp0, 0x1.d5818dcfba487p0, 0x1.ea4afa2a490dap0
  };

  /** ln 2 / 16 in two parts. */
  private static final double STEP = 0x1.62e42fefa39efp-5;

  private static final double STEP_REST = 0x1.abc9e3b39803fp-60;
  private static final int LANES = 8;
  private static final int BLOCK = 128;

  private NumpyKernel() {}

  /**
   * Weights {@code exp(-i^2 / (2 sigma^2))} for i from -radius to radius, divided by their sum.
   *
   * @return those of i = 0, 1, …, radius
   */
  static double[] gaussian(double sigma, int radius) {
    double[] all = new double[2 * radius + 1];
    for (int i = -radius; i <= radius; i++) {
      all[i + radius] = i == 0 ? 1 : exp(-0.5 / (sigma * sigma) * ((double) i * i));
    }
    double sum = sum(all, 0, all.length);
    double[] weights = new double[radius + 1];
    for (int i = 0; i <= radius; i++) {
      weights[i] = all[radius + i] / sum;
    }
    return weights;
  }

  /** The exponential of a number that is not positive. */
  static double exp(double x) {
    double steps = Math.floor(x / STEP);
    double rest = Math.fma(-steps, STEP_REST, Math.fma(-steps, STEP, x));
    int n = (int) steps;
    double power = POWERS[n & 15];
    return Math.scalb(Math.fma(power, StrictMath.expm1(rest), power), n >> 4);
  }

  private static double sum(double[] values, int from, int count) {
    if (count > BLOCK) {
      int half = count / 2 / LANES * LANES;
      return sum(values, from, half) + sum(values, from + half, count - half);
    }
    int whole = count / LANES * LANES;
    double total = 0;
    if (whole > 0) {
      double[] lanes = new double[LANES];
      for (int i = 0; i < whole; i++) {
        lanes[i % LANES] += values[from + i];
      }
      total =
          ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]))
              + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
    }
    for (int i = whole; i < count; i++) {
      total += values[from + i];
    }
    return total;
  }
}
