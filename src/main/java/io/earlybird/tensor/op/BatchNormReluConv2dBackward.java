package io.earlybird.tensor.op;

import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * All gradients of a convolution with 1x1 kernels, stride 1 and no padding, whose input {@link
 * BatchNormRelu} makes: {@code x [N,H,W,C]}, {@code gamma, beta, mean, variance [C]}, {@code w
 * [O,I,1,1]}, {@code dy [N,H,W,O]} and, where something else reads x too, x's other gradient {@code
 * other [N,H,W,C]} to {@code dx [N,H,W,C]}, to which {@code other} is added, {@code dgamma [C]},
 * {@code dbeta [C]} and {@code dw [O,I,1,1]}.
 *
 * @param epsilon of the norm
 * @param channels the I channels kept of x, or {@code null} for all
 * @param add whether there is an {@code other}
 */
public record BatchNormReluConv2dBackward(float epsilon, Channels channels, boolean add)
    implements FusedOp {
  /** Places of the operands behind those of the norm. */
  public static final int W = NormProductOp.NORM_OPERANDS;

  public static final int DY = W + 1;
  public static final int OTHER = W + 2;

  /** The gradient of the weight alone, of the norm's operands and dy. */
  public BatchNormReluConv2dBackwardWeight weightGradient() {
    return new BatchNormReluConv2dBackwardWeight(epsilon, channels, 1, 0, 1, 1);
  }

  /** The gradient of the convolution's input alone, of dy and w, for an x of some size. */
  public Conv2dBackwardData inputGradient(TensorSpec x) {
    return new Conv2dBackwardData(1, 0, x.shape().dim(1), x.shape().dim(2));
  }

  /** The norm's gradients alone. */
  public FusedOp normGradient() {
    return add
        ? new BatchNormReluBackwardAdd(epsilon, channels)
        : new BatchNormReluBackward(epsilon, channels);
  }

  /** The operands of {@link #weightGradient}. */
  public static <T> List<T> weightOperands(List<T> in) {
    List<T> all = new ArrayList<>(in.subList(0, W));
    all.add(in.get(DY));
    return all;
  }

  /** The operands of {@link #normGradient}, of which the second is that of its result. */
  public <T> List<T> normOperands(List<T> in, T d) {
    List<T> all = new ArrayList<>(Arrays.asList(in.get(0), d));
    if (add) {
      all.add(in.get(OTHER));
    }
    all.addAll(Arrays.asList(in.get(3), in.get(4), in.get(1), in.get(2)));
    return all;
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, add ? OTHER + 1 : OTHER);
    Checks.rank(this, in, 0, 4);
    Checks.rank(this, in, W, 4);
    TensorSpec dw = weightGradient().infer(weightOperands(in)).get(0);
    Checks.require(dw.equals(in.get(W)), this, in, "a weight of 1x1 kernels for x and dy");
    TensorSpec d = inputGradient(in.get(0)).infer(List.of(in.get(DY), in.get(W))).get(0);
    List<TensorSpec> all = new ArrayList<>(normGradient().infer(normOperands(in, d)));
    all.add(dw);
    return all;
  }

  @Override
  public List<Tensor> decompose(List<Tensor> in) {
    Tensor d = in.get(DY).apply(inputGradient(in.get(0).spec()), in.get(W));
    List<Tensor> all = new ArrayList<>(normGradient().decompose(normOperands(in, d)));
    all.addAll(weightGradient().decompose(weightOperands(in)));
    return all;
  }
}
