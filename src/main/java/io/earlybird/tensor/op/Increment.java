package io.earlybird.tensor.op;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** {@code counter [1]} (I64) to {@code counter + by}. */
public record Increment(long by) implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 1);
    Checks.vector(this, in, 0, 1);
    Checks.dtype(this, in, 0, DType.I64);
    return in;
  }
}
