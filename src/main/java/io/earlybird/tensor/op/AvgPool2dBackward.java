package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** Gradient of {@link AvgPool2d}: {@code dy [N,OH,OW,C]} to {@code dx [N,height,width,C]}. */
public record AvgPool2dBackward(int kernel, int stride, int height, int width) implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 1);
    Checks.rank(this, in, 0, 4);
    var dy = in.get(0).shape();
    Checks.require(
        dy.dim(1) == Checks.window(this, in, height, kernel, stride, 0)
            && dy.dim(2) == Checks.window(this, in, width, kernel, stride, 0),
        this,
        in,
        "dy of the forward output's shape");
    return List.of(Checks.f32(dy.dim(0), height, width, dy.dim(3)));
  }
}
