package io.earlybird.training;

import io.earlybird.EarlybirdException;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.optim.Sgd;
import io.earlybird.optim.StepSchedule;

/**
 * How a network is trained.
 *
 * @param batchSize images per training batch; the last batch of an epoch may be smaller
 * @param testBatchSize images per evaluation batch
 * @param schedule learning rate by epoch
 * @param optimizer momentum, weight decay, sparsity term
 * @param seed key of initial weights, order, crops, mirroring and stochastic rounding
 * @param precision in how many bits
 * @param averages whether weights may be averaged
 */
public record Recipe(
    int batchSize,
    int testBatchSize,
    StepSchedule schedule,
    Sgd.Settings optimizer,
    long seed,
    LowPrecision precision,
    boolean averages) {
  /** A recipe in full precision, without averaging. */
  public Recipe(
      int batchSize, int testBatchSize, StepSchedule schedule, Sgd.Settings optimizer, long seed) {
    this(batchSize, testBatchSize, schedule, optimizer, seed, LowPrecision.NONE, false);
  }

  /** The same in other bits. */
  public Recipe with(LowPrecision bits, boolean averaging) {
    return new Recipe(batchSize, testBatchSize, schedule, optimizer, seed, bits, averaging);
  }

  /**
   * Checks the sizes.
   *
   * @throws EarlybirdException if a batch size is not positive
   */
  public Recipe {
    if (batchSize < 1 || testBatchSize < 1) {
      throw new EarlybirdException(
          "batch sizes must be at least 1, not " + batchSize + " and " + testBatchSize);
    }
  }
}
