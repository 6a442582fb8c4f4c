package io.earlybird.tensor.op;

import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * Gradients of {@link BatchNormRelu}: {@code x [...,C]}, {@code dy [...,K]}, {@code mean, variance,
 * gamma, beta [C]} to {@code dx [...,C]}, {@code dgamma [C]}, {@code dbeta [C]}. Whether the ReLU
 * was open is recomputed from {@code x} by the forward kernel's own arithmetic.
 *
 * @param channels the K channels kept, or {@code null} for all
 */
public record BatchNormReluBackward(float epsilon, Channels channels) implements FusedOp {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 6);
    int c = in.get(0).shape().dim(-1);
    Checks.require(
        in.get(1)
            .shape()
            .equals(in.get(0).shape().withLast(channels == null ? c : channels.count())),
        this,
        in,
        "dy of the forward output's shape");
    for (int i = 2; i < 6; i++) {
      Checks.vector(this, in, i, c);
    }
    return List.of(in.get(0), Checks.f32(c), Checks.f32(c));
  }

  @Override
  public List<Tensor> decompose(List<Tensor> in) {
    Tensor x = in.get(0);
    Tensor y = x.batchNormInference(in.get(4), in.get(5), in.get(2), in.get(3), epsilon);
    if (channels != null) {
      y = y.apply(new Select(channels));
    }
    Tensor d = y.relu().apply(new ReluBackward(), in.get(1));
    if (channels != null) {
      d = d.apply(new SelectBackward(channels, x.shape().dim(-1)));
    }
    return Node.of(new BatchNormBackward(epsilon), List.of(x, d, in.get(2), in.get(3), in.get(4)))
        .outputs();
  }
}
