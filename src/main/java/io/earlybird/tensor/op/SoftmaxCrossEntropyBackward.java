package io.earlybird.tensor.op;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * Gradient of {@link SoftmaxCrossEntropy}: {@code probabilities [N,K]}, {@code labels [N]} (I32),
 * {@code dloss [1]} to {@code dloss (probabilities - onehot(labels)) / N}.
 */
public record SoftmaxCrossEntropyBackward() implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 3);
    Checks.rank(this, in, 0, 2);
    Checks.vector(this, in, 1, in.get(0).shape().dim(0));
    Checks.dtype(this, in, 1, DType.I32);
    Checks.vector(this, in, 2, 1);
    return List.of(in.get(0));
  }
}
