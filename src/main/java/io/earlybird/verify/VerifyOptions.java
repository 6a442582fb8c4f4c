package io.earlybird.verify;

import java.util.Set;

/**
 * How thoroughly to verify.
 *
 * @param cases shapes per op and backend, 1 or more
 * @param gradientCases shapes per differentiable op for finite differences, 0 or more
 * @param seed what all shapes and values derive from
 * @param ops names of the ops to judge, such as {@code Conv2d}; empty for all
 */
public record VerifyOptions(int cases, int gradientCases, long seed, Set<String> ops) {
  /** The seed unless another is asked for. */
  public static final long DEFAULT_SEED = 1;

  /** Checks and copies. */
  public VerifyOptions {
    if (cases < 1 || gradientCases < 0) {
      throw new IllegalArgumentException(
          "cases must be 1 or more and gradient cases 0 or more, not "
              + cases
              + " and "
              + gradientCases);
    }
    ops = Set.copyOf(ops);
  }

  /** The full verification: a minute or two. */
  public static VerifyOptions full() {
    return new VerifyOptions(60, 20, DEFAULT_SEED, Set.of());
  }

  /** A self-check of seconds. */
  public static VerifyOptions quick() {
    return new VerifyOptions(4, 2, DEFAULT_SEED, Set.of());
  }

  /** The same with another seed. */
  public VerifyOptions withSeed(long seed) {
    return new VerifyOptions(cases, gradientCases, seed, ops);
  }

  /** The same for the named ops alone; none means all. */
  public VerifyOptions withOps(Set<String> ops) {
    return new VerifyOptions(cases, gradientCases, seed, ops);
  }
}
