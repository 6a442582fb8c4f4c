package io.earlybird.tensor.op;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * Mean over the batch of {@code -log softmax(logits)[label]}: {@code logits [N,K]}, {@code labels
 * [N]} (I32) to {@code loss [1]} and {@code probabilities [N,K]}.
 */
public record SoftmaxCrossEntropy() implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 2);
    Checks.rank(this, in, 0, 2);
    Checks.vector(this, in, 1, in.get(0).shape().dim(0));
    Checks.dtype(this, in, 1, DType.I32);
    return List.of(Checks.f32(1), in.get(0));
  }
}
