package io.earlybird.tensor.op;

import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * {@link BatchNorm} without its {@code y}: {@code x [...,C]}, {@code gamma [C]}, {@code beta [C]}
 * to {@code mean [C]}, {@code variance [C]}, where something else normalises x with them.
 */
public record BatchNormStatistics(float epsilon) implements FusedOp {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    return new BatchNorm(epsilon).infer(in).subList(1, 3);
  }

  @Override
  public List<Tensor> decompose(List<Tensor> in) {
    Node norm = Node.of(new BatchNorm(epsilon), in);
    return List.of(norm.output(1), norm.output(2));
  }
}
