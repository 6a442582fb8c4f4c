package io.earlybird.tensor.format;

import io.earlybird.EarlybirdException;

/**
 * Block floating point (Yang et al., "SWALP", ICML 2019, section 3.1): all values of a block share
 * one exponent and keep {@code wordLength} bits each, sign included.
 *
 * <p>With e the exponent of the block's largest magnitude and {@code u = 2^(e + 2 - wordLength)}, a
 * value is rounded to a multiple of u, ties towards plus infinity, and clipped to {@code +-(2 -
 * 2^(2 - wordLength)) 2^e}. The arithmetic is QPyTorch's, bit for bit: the value is added to {@code
 * 6 * 2^e} in fp32 (which first rounds it to a multiple of {@code 2^(e - 21)}), the sum's bits are
 * rounded, and the offset is subtracted.
 *
 * <p>Edge cases, the same on every backend: an all-zero block gives +0. A block of subnormals
 * (shared exponent bits 0) has its mantissas rounded to their top {@code wordLength} bits, ties
 * away from zero. Where the offset would overflow (e = 126 or 127), everything is computed at 2^-8
 * of the scale, so that finite blocks stay finite. A block that holds an infinity or NaN becomes
 * NaN as a whole: one block exponent can say nothing about it, and the loss of the next step shows
 * it.
 *
 * @param wordLength bits per value, 2 to 16
 * @param blockDimension values with the same index in this dimension form a block; -1: one block
 */
public record BlockFloat(int wordLength, int blockDimension) implements NumberFormat {
  /** Exponent bits of a block that holds an infinity or NaN. */
  public static final int NOT_FINITE = 255;

  private static final int OVERFLOWING = 253;
  private static final float DOWN = 0x1p-8f;
  private static final float UP = 0x1p8f;

  /** Checks the word length. */
  public BlockFloat {
    if (wordLength < 2 || wordLength > 16) {
      throw new EarlybirdException(
          "block floating point: word length must be 2 to 16 bits, found " + wordLength);
    }
    if (blockDimension < -1) {
      throw new EarlybirdException(
          "block floating point: block dimension must be -1 or more, found " + blockDimension);
    }
  }

  /** Up to 9 bits: a sign and 8 significant bits, times a power of two. */
  @Override
  public boolean fitsBf16() {
    return wordLength <= 9;
  }

  @Override
  public int randomBits() {
    return 23 - wordLength;
  }

  /** Exponent bits of a value: what a block shares is their maximum over its values. */
  public static int exponentBits(float value) {
    return (Float.floatToRawIntBits(value) >>> 23) & 0xFF;
  }

  /** The nearest value; {@code exponentBits} is the block's. */
  public float nearest(float value, int exponentBits) {
    return round(value, exponentBits, 1 << (randomBits() - 1));
  }

  /**
   * The value rounded with a random number.
   *
   * @param random uniform in [0, 2^{@link #randomBits})
   */
  public float stochastic(float value, int exponentBits, int random) {
    return round(value, exponentBits, random);
  }

  private float round(float value, int exponentBits, int addend) {
    if (exponentBits >= OVERFLOWING) {
      return exponentBits == NOT_FINITE
          ? Float.NaN
          : UP * round(DOWN * value, exponentBits - 8, addend);
    }
    float offset = 6f * Float.intBitsToFloat(exponentBits << 23);
    int bits = Float.floatToRawIntBits(value + offset) + addend;
    float rounded = Float.intBitsToFloat(bits & -(1 << randomBits())) - offset;
    return exponentBits(rounded) > exponentBits ? largest(rounded, exponentBits) : rounded;
  }

  private float largest(float sign, int exponentBits) {
    int mantissa = 0x7FFFFF & -(1 << (25 - wordLength));
    int bits = (Float.floatToRawIntBits(sign) & 0x80000000) | (exponentBits << 23) | mantissa;
    return Float.intBitsToFloat(bits);
  }
}
