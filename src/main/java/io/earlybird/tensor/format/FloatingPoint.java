package io.earlybird.tensor.format;

import io.earlybird.EarlybirdException;

/**
 * Floating point (QPyTorch: Zhang et al., arXiv:1910.04540) with fewer exponent and mantissa bits
 * and gradual underflow, as QPyTorch simulates it: no bit pattern is reserved for infinities or
 * NaN, so values beyond the range become the largest finite one. Ties are rounded away from zero.
 * NaN stays NaN.
 *
 * <p>With e the value's exponent, m the mantissa's bits and {@code e_min = -(2^(E-1) - 2)}, a value
 * with {@code e >= e_min} is rounded to a multiple of {@code 2^(e - m)}; a smaller one to a
 * multiple of {@code 2^(e_min - m)}, by adding {@code +-2^e_min} in fp32 and subtracting it again.
 *
 * @param exponentBits 1 to 8
 * @param mantissaBits 1 to 22
 */
public record FloatingPoint(int exponentBits, int mantissaBits) implements NumberFormat {
  /** Checks the sizes. */
  public FloatingPoint {
    if (exponentBits < 1 || exponentBits > 8) {
      throw new EarlybirdException(
          "floating point: exponent must have 1 to 8 bits, found " + exponentBits);
    }
    if (mantissaBits < 1 || mantissaBits > 22) {
      throw new EarlybirdException(
          "floating point: mantissa must have 1 to 22 bits, found " + mantissaBits);
    }
  }

  @Override
  public boolean fitsBf16() {
    return mantissaBits <= 7;
  }

  @Override
  public int randomBits() {
    return 23 - mantissaBits;
  }

  /** The nearest value. */
  public float nearest(float value) {
    return round(value, 1 << (randomBits() - 1));
  }

  /**
   * The value rounded with a random number.
   *
   * @param random uniform in [0, 2^{@link #randomBits})
   */
  public float stochastic(float value, int random) {
    return round(value, random);
  }

  private float round(float value, int addend) {
    if (Float.isNaN(value)) {
      return value;
    }
    int bits = Float.floatToRawIntBits(value);
    int exponent = ((bits >>> 23) & 0xFF) - 127;
    int lowest = -((1 << (exponentBits - 1)) - 2);
    if (exponent < lowest) {
      float shift = Math.copySign(Math.scalb(1f, lowest), value);
      int sum = Float.floatToRawIntBits(value + shift);
      return Float.intBitsToFloat(rounded(sum, addend)) - shift;
    }
    int result = rounded(bits, addend);
    int highest = 127 + (1 << (exponentBits - 1));
    if (((result >>> 23) & 0xFF) > highest) {
      int mantissa = 0x7FFFFF & -(1 << randomBits());
      result = (bits & 0x80000000) | (highest << 23) | mantissa;
    }
    return Float.intBitsToFloat(result);
  }

  private int rounded(int bits, int addend) {
    return (bits + addend) & -(1 << randomBits());
  }
}
