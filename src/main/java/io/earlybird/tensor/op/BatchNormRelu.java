package io.earlybird.tensor.op;

import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * {@link BatchNorm}, channel {@link Select} and {@link Relu} in one: {@code x [...,C]}, {@code
 * gamma [C]}, {@code beta [C]} to {@code y [...,K]}, {@code mean [C]}, {@code variance [C]}.
 *
 * @param channels the K channels kept, or {@code null} for all
 */
public record BatchNormRelu(float epsilon, Channels channels) implements FusedOp {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    List<TensorSpec> norm = new BatchNorm(epsilon).infer(in);
    TensorSpec y =
        channels == null ? norm.get(0) : new Select(channels).infer(norm.subList(0, 1)).get(0);
    return List.of(y, norm.get(1), norm.get(2));
  }

  @Override
  public List<Tensor> decompose(List<Tensor> inputs) {
    Node norm = Node.of(new BatchNorm(epsilon), inputs);
    Tensor y = norm.output(0);
    if (channels != null) {
      y = y.apply(new Select(channels));
    }
    return List.of(y.relu(), norm.output(1), norm.output(2));
  }
}
