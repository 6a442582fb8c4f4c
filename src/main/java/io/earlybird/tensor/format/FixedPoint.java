package io.earlybird.tensor.format;

import io.earlybird.EarlybirdException;

/**
 * Fixed point: multiples of {@code 2^-fractionLength}, optionally clamped to what {@code
 * wordLength} bits hold, {@code [-2^(wl-fl-1), 2^(wl-fl-1) - 2^-fl]}; a symmetric range also leaves
 * out the lowest value. NaN stays NaN.
 *
 * <p>The value is {@code 2^-fl rint(x 2^fl + r - 1/2)}, ties to even, where r is 1/2 for the
 * nearest multiple and uniform in [0, 1) for stochastic rounding (Gupta et al., "Deep Learning with
 * Limited Numerical Precision", ICML 2015, section 3; as QPyTorch computes it, Zhang et al.,
 * arXiv:1910.04540).
 *
 * @param wordLength bits per value, 1 to 24
 * @param fractionLength bits behind the point; may be negative or exceed the word length
 * @param clamp whether values outside the range are clamped to it
 * @param symmetric whether the range is symmetric
 * @param ties what nearest rounding does in the middle; QPyTorch's CPU and GPU kernels differ
 */
public record FixedPoint(
    int wordLength, int fractionLength, boolean clamp, boolean symmetric, Ties ties)
    implements NumberFormat {
  /** What nearest rounding does with a value in the middle. */
  public enum Ties {
    /**
     * To the even multiple, as QPyTorch's CPU kernel, which adds half a unit in fp32 and subtracts
     * it again.
     */
    TO_EVEN,
    /** Away from zero, as QPyTorch's GPU kernel; -0 becomes +0. */
    AWAY_FROM_ZERO
  }

  /** Checks the lengths. */
  public FixedPoint {
    if (wordLength < 1 || wordLength > 24) {
      throw new EarlybirdException(
          "fixed point: word length must be 1 to 24 bits, found " + wordLength);
    }
    if (fractionLength < -100 || fractionLength > 100) {
      throw new EarlybirdException(
          "fixed point: fraction length must be -100 to 100 bits, found " + fractionLength);
    }
  }

  @Override
  public boolean fitsBf16() {
    return false;
  }

  @Override
  public int randomBits() {
    return 24;
  }

  /** The nearest value. */
  public float nearest(float value) {
    if (ties == Ties.TO_EVEN) {
      return shifted(value, 0.5f);
    }
    double units = Math.scalb((double) value, fractionLength) + 0.0;
    double whole = Math.copySign(Math.floor(Math.abs(units) + 0.5), units);
    return limited(Math.scalb(whole, -fractionLength));
  }

  /**
   * The value rounded with a random number.
   *
   * @param random uniform in [0, 2^24)
   */
  public float stochastic(float value, int random) {
    return shifted(value, random * 0x1p-24f);
  }

  /** The even multiple nearest to value + (shift - 1/2) units, the first sum rounded to fp32. */
  private float shifted(float value, float shift) {
    float sum = Math.scalb(value, fractionLength) + shift;
    return limited(Math.scalb(Math.rint(sum - 0.5), -fractionLength));
  }

  private float limited(double value) {
    if (!clamp) {
      return (float) value;
    }
    double unit = Math.scalb(1.0, -fractionLength);
    double range = Math.scalb(1.0, wordLength - fractionLength - 1);
    double lowest = symmetric ? -range + unit : -range;
    return (float) Math.max(lowest, Math.min(range - unit, value));
  }
}
