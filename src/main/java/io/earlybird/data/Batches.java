package io.earlybird.data;

import io.earlybird.random.Philox;

/**
 * How an epoch walks through a data set: in an order of its own, in batches of one size and a last
 * one of what is left, which is never padded.
 *
 * @param samples number of pictures, 1 or more
 * @param batchSize pictures per batch, 1 or more
 */
public record Batches(int samples, int batchSize) {
  /** Checks the numbers. */
  public Batches {
    if (samples < 1 || batchSize < 1) {
      throw new IllegalArgumentException(
          "samples and batch size must be positive: %d, %d".formatted(samples, batchSize));
    }
  }

  /** Number of batches in an epoch, the last partial one included. */
  public int count() {
    return (samples - 1) / batchSize + 1;
  }

  /** Index of a batch's first position in the epoch's order. */
  public int start(int batch) {
    return batch * batchSize;
  }

  /** Number of pictures in a batch: {@link #batchSize}, or what is left for the last one. */
  public int size(int batch) {
    return Math.min(batchSize, samples - start(batch));
  }

  /** Number of pictures in the last batch, equal to the batch size if all are whole. */
  public int lastSize() {
    return size(count() - 1);
  }

  /**
   * The shuffled order of an epoch: see {@link Philox#permutation(long, long, int[])}. Position j
   * holds the index of the picture that comes j-th.
   *
   * @param seed seed of the run
   * @param epoch index of the epoch, from 0
   * @param order [samples], overwritten
   */
  public void shuffle(long seed, long epoch, int[] order) {
    if (order.length != samples) {
      throw new IllegalArgumentException(
          "an order of %d for %d samples".formatted(order.length, samples));
    }
    Philox.permutation(seed, epoch, order);
  }

  /** The order for evaluation: 0, 1, 2, … */
  public int[] sequence() {
    int[] order = new int[samples];
    for (int i = 0; i < samples; i++) {
      order[i] = i;
    }
    return order;
  }
}
