package io.earlybird.tensor.format;

/**
 * A set of representable numbers that 32-bit floating-point values are rounded to, as QPyTorch
 * simulates them. Rounding is arithmetic on single values; what needs a whole block (a shared
 * exponent) is found by the caller first.
 */
public sealed interface NumberFormat permits BlockFloat, FixedPoint, FloatingPoint {
  /**
   * Number of random bits that stochastic rounding takes per element. Up to 16 they are the top
   * bits of a narrow Philox draw, beyond that of a wide one.
   */
  int randomBits();

  /** Whether bf16 holds every number of the format that is not subnormal. */
  boolean fitsBf16();
}
