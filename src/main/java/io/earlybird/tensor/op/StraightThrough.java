package io.earlybird.tensor.op;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * The straight-through estimator (Bengio et al. 2013) around a quantizer: operands {@code x},
 * {@code value} and, where {@code error} rounds stochastically, {@code step [1]} (I64). The result
 * is {@code value}; its gradient goes to {@code x} as if the two were the same, rounded by {@code
 * error} on the way.
 *
 * @param error how the gradient is rounded, or {@code null} if it is not
 */
public record StraightThrough(Quantize error) implements ViewOp {
  @Override
  public int viewed() {
    return 1;
  }

  /** Whether there is a {@code step} operand. */
  public boolean isStochastic() {
    return error != null && error.isStochastic();
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, isStochastic() ? 3 : 2);
    Checks.same(this, in, 0, 1);
    if (isStochastic()) {
      Checks.vector(this, in, 2, 1);
      Checks.dtype(this, in, 2, DType.I64);
    }
    return List.of(in.get(1));
  }
}
