package io.earlybird.tensor.op;

import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * {@link Conv2d} and what follows it, on the sums while they are in registers: {@link
 * BatchNormInference} where {@code norm}, then {@link Add} of a residual where {@code add}, then
 * {@link Relu} where {@code relu}; at least one of them. Operands: {@code x [N,H,W,I]}, {@code w
 * [O,I,KH,KW]}, then {@code gamma, beta, mean, variance [O]} where {@code norm}, then the residual,
 * of the result's shape, where {@code add}.
 *
 * @param stride step of the window in rows and columns
 * @param padding zeros added on each side
 * @param epsilon of the norm; 0 without one
 */
public record Conv2dEpilogue(
    int stride, int padding, boolean norm, float epsilon, boolean add, boolean relu)
    implements FusedOp, ProductOp {
  private static final int AFTER_WEIGHT = 2;
  private static final int NORM_OPERANDS = 4;

  /** Checks that something follows the convolution. */
  public Conv2dEpilogue {
    if (!norm && !add && !relu) {
      throw new IllegalArgumentException("Conv2dEpilogue: nothing follows the convolution");
    }
  }

  /** Which operand the residual is, if there is one. */
  public int residual() {
    return norm ? AFTER_WEIGHT + NORM_OPERANDS : AFTER_WEIGHT;
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, residual() + (add ? 1 : 0));
    List<TensorSpec> y = new Conv2d(stride, padding).infer(in.subList(0, AFTER_WEIGHT));
    for (int i = AFTER_WEIGHT; i < residual(); i++) {
      Checks.vector(this, in, i, y.get(0).shape().dim(-1));
    }
    Checks.require(
        !add || in.get(residual()).equals(y.get(0)), this, in, "a residual like " + y.get(0));
    return y;
  }

  @Override
  public List<Tensor> decompose(List<Tensor> in) {
    Tensor y = in.get(0).conv2d(in.get(1), stride, padding);
    if (norm) {
      y = y.batchNormInference(in.get(2), in.get(3), in.get(4), in.get(5), epsilon);
    }
    if (add) {
      y = y.add(in.get(residual()));
    }
    return List.of(relu ? y.relu() : y);
  }
}
