package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * Convolution (cross-correlation) of {@code x [N,H,W,I]} with {@code w [O,I,KH,KW]} to {@code
 * [N,OH,OW,O]}, {@code OH = (H + 2 padding - KH) / stride + 1}.
 *
 * @param stride step of the window in rows and columns
 * @param padding zeros added on each side
 */
public record Conv2d(int stride, int padding) implements ProductOp {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 2);
    Checks.rank(this, in, 0, 4);
    Checks.rank(this, in, 1, 4);
    var x = in.get(0).shape();
    var w = in.get(1).shape();
    Checks.require(x.dim(3) == w.dim(1), this, in, "as many input channels in x as in w");
    int oh = Checks.window(this, in, x.dim(1), w.dim(2), stride, padding);
    int ow = Checks.window(this, in, x.dim(2), w.dim(3), stride, padding);
    return List.of(Checks.f32(x.dim(0), oh, ow, w.dim(0)));
  }
}
