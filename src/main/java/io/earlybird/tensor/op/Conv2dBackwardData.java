package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * Gradient of {@link Conv2d} with respect to its input: {@code dy [N,OH,OW,O]}, {@code w
 * [O,I,KH,KW]} to {@code dx [N,height,width,I]}.
 */
public record Conv2dBackwardData(int stride, int padding, int height, int width)
    implements ProductOp {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 2);
    Checks.rank(this, in, 0, 4);
    Checks.rank(this, in, 1, 4);
    var dy = in.get(0).shape();
    var w = in.get(1).shape();
    Checks.require(
        dy.dim(3) == w.dim(0)
            && dy.dim(1) == Checks.window(this, in, height, w.dim(2), stride, padding)
            && dy.dim(2) == Checks.window(this, in, width, w.dim(3), stride, padding),
        this,
        in,
        "dy of the forward output's shape");
    return List.of(Checks.f32(dy.dim(0), height, width, w.dim(1)));
  }
}
