package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * Gradient of {@link Conv2d} with respect to its weight: {@code x [N,H,W,I]}, {@code dy
 * [N,OH,OW,O]} to {@code dw [O,I,kernelHeight,kernelWidth]}.
 */
public record Conv2dBackwardWeight(int stride, int padding, int kernelHeight, int kernelWidth)
    implements ProductOp {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 2);
    Checks.rank(this, in, 0, 4);
    Checks.rank(this, in, 1, 4);
    var x = in.get(0).shape();
    var dy = in.get(1).shape();
    Checks.require(
        x.dim(0) == dy.dim(0)
            && dy.dim(1) == Checks.window(this, in, x.dim(1), kernelHeight, stride, padding)
            && dy.dim(2) == Checks.window(this, in, x.dim(2), kernelWidth, stride, padding),
        this,
        in,
        "dy of the forward output's shape");
    return List.of(Checks.f32(dy.dim(3), x.dim(3), kernelHeight, kernelWidth));
  }
}
