package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** Average pooling of {@code x [N,H,W,C]} to {@code [N,OH,OW,C]}, without padding. */
public record AvgPool2d(int kernel, int stride) implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 1);
    Checks.rank(this, in, 0, 4);
    var x = in.get(0).shape();
    int oh = Checks.window(this, in, x.dim(1), kernel, stride, 0);
    int ow = Checks.window(this, in, x.dim(2), kernel, stride, 0);
    return List.of(Checks.f32(x.dim(0), oh, ow, x.dim(3)));
  }
}
