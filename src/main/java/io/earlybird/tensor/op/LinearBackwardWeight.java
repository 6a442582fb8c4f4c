package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * {@code dw = dy^T x}, {@code db = sum over rows of dy}: {@code x [N,I]}, {@code dy [N,O]} to
 * {@code dw [O,I]}, {@code db [O]}.
 */
public record LinearBackwardWeight() implements ProductOp {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 2);
    Checks.rank(this, in, 0, 2);
    Checks.rank(this, in, 1, 2);
    var x = in.get(0).shape();
    var dy = in.get(1).shape();
    Checks.require(x.dim(0) == dy.dim(0), this, in, "equal batch sizes");
    return List.of(Checks.f32(dy.dim(1), x.dim(1)), Checks.f32(dy.dim(1)));
  }
}
