package io.earlybird.tensor.format;

/** How a value between two representable ones is rounded. */
public enum Rounding {
  /** To the nearer one; each format states its rule for ties. */
  NEAREST,
  /** Up with the probability that keeps the mean, by the bits of a Philox draw. */
  STOCHASTIC
}
