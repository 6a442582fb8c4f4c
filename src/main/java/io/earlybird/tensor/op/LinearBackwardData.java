package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** {@code dx = dy w}: {@code dy [N,O]}, {@code w [O,I]} to {@code [N,I]}. */
public record LinearBackwardData() implements ProductOp {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 2);
    Checks.rank(this, in, 0, 2);
    Checks.rank(this, in, 1, 2);
    var dy = in.get(0).shape();
    var w = in.get(1).shape();
    Checks.require(dy.dim(1) == w.dim(0), this, in, "as many output features in dy as in w");
    return List.of(Checks.f32(dy.dim(0), w.dim(1)));
  }
}
