package io.earlybird.tensor.op;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * Adds one batch to the metric sums: {@code counters [6]} (F64), {@code logits [N,K]}, {@code
 * labels [N]} (I32), {@code loss [1]}, {@code step [1]} (I64) to the new counters. Their places are
 * the constants of this record. An image counts for top-k if fewer than k classes have a logit that
 * is larger than its label's, or equal with a smaller class number; a NaN logit at the label never
 * counts.
 */
public record CountMetrics() implements Op {
  /** Sum over images of the loss: {@code N loss} is added, in double. */
  public static final int LOSS_SUM = 0;

  /** Images seen. */
  public static final int IMAGES = 1;

  /** Images whose label is the first class. */
  public static final int TOP1 = 2;

  /** Images whose label is among the first five classes. */
  public static final int TOP5 = 3;

  /** Batches seen. */
  public static final int BATCHES = 4;

  /** One more than the first step whose loss was not finite, or 0. */
  public static final int FIRST_NON_FINITE = 5;

  /** Number of counters. */
  public static final int SIZE = 6;

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 5);
    Checks.vector(this, in, 0, SIZE);
    Checks.dtype(this, in, 0, DType.F64);
    Checks.rank(this, in, 1, 2);
    Checks.vector(this, in, 2, in.get(1).shape().dim(0));
    Checks.dtype(this, in, 2, DType.I32);
    Checks.vector(this, in, 3, 1);
    Checks.vector(this, in, 4, 1);
    Checks.dtype(this, in, 4, DType.I64);
    return List.of(in.get(0));
  }
}
