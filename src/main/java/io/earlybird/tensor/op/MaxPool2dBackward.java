package io.earlybird.tensor.op;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * Gradient of {@link MaxPool2d}: {@code dy [N,OH,OW,C]} and the winners' places (U8) to {@code dx
 * [N,height,width,C]}; every sum starts at +0 and adds the contributions in row-major window order,
 * rounded to fp32 each time; bit-exact everywhere.
 */
public record MaxPool2dBackward(int kernel, int stride, int padding, int height, int width)
    implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 2);
    Checks.rank(this, in, 0, 4);
    Checks.dtype(this, in, 1, DType.U8);
    var dy = in.get(0).shape();
    Checks.require(dy.equals(in.get(1).shape()), this, in, "dy and places alike");
    Checks.require(
        dy.dim(1) == Checks.window(this, in, height, kernel, stride, padding)
            && dy.dim(2) == Checks.window(this, in, width, kernel, stride, padding),
        this,
        in,
        "dy of the forward output's shape");
    return List.of(Checks.f32(dy.dim(0), height, width, dy.dim(3)));
  }
}
