package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** {@code y = x w^T + b}: {@code x [N,I]}, {@code w [O,I]}, {@code b [O]} to {@code [N,O]}. */
public record Linear() implements ProductOp {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 3);
    Checks.rank(this, in, 0, 2);
    Checks.rank(this, in, 1, 2);
    var x = in.get(0).shape();
    var w = in.get(1).shape();
    Checks.require(x.dim(1) == w.dim(1), this, in, "as many input features in x as in w");
    Checks.vector(this, in, 2, w.dim(0));
    return List.of(Checks.f32(x.dim(0), w.dim(0)));
  }
}
