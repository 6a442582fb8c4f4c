package io.earlybird.tensor.op;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * Max pooling of {@code x [N,H,W,C]} to {@code y [N,OH,OW,C]} and the winner's place in its window
 * ({@code row * kernel + column}, U8). The first of equal values in row-major order wins, the first
 * NaN wins over everything; padding never wins.
 */
public record MaxPool2d(int kernel, int stride, int padding) implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 1);
    Checks.rank(this, in, 0, 4);
    var x = in.get(0).shape();
    Checks.require(
        kernel <= 15 && 2 * padding <= kernel, this, in, "kernel <= 15, padding <= kernel / 2");
    int oh = Checks.window(this, in, x.dim(1), kernel, stride, padding);
    int ow = Checks.window(this, in, x.dim(2), kernel, stride, padding);
    int n = x.dim(0);
    int c = x.dim(3);
    return List.of(Checks.f32(n, oh, ow, c), TensorSpec.of(DType.U8, n, oh, ow, c));
  }
}
