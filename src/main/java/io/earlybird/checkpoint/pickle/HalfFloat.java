package io.earlybird.checkpoint.pickle;

/** IEEE half precision. */
public final class HalfFloat {
  private HalfFloat() {}

  /** The value of a half-precision number, exactly. */
  public static float toFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = half >> 10 & 0x1f;
    int mantissa = half & 0x3ff;
    if (exponent == 0) {
      float value = mantissa * 0x1p-24f;
      return sign == 0 ? value : -value;
    }
    int bits = exponent == 31 ? 0x7f800000 : exponent + 112 << 23;
    return Float.intBitsToFloat(sign | bits | mantissa << 13);
  }
}
