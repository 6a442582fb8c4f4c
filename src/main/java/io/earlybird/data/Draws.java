package io.earlybird.data;

import io.earlybird.random.Philox;

/** The wide draws of one stream in order: element 0, 1, 2, … of (seed, step, hash). */
final class Draws {
  private final long seed;
  private final long step;
  private final int hash;
  private final int[] words = new int[Philox.BLOCK_WORDS];
  private int element;

  Draws(long seed, long step, int hash) {
    this.seed = seed;
    this.step = step;
    this.hash = hash;
  }

  int word() {
    int lane = element & 3;
    if (lane == 0) {
      Philox.block(seed, element >>> 2, step, hash, words);
    }
    element++;
    return words[lane];
  }

  /** An integer in [low, high]. */
  int integer(int low, int high) {
    return low + Philox.bounded(word(), high - low + 1);
  }

  /** A real number in [low, high). */
  double real(double low, double high) {
    return low + (high - low) * Philox.uniform(word());
  }
}
