package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * Batch norm with given statistics: {@code x [...,C]}, {@code gamma, beta, mean, variance [C]} to
 * {@code gamma (x - mean) / sqrt(variance + epsilon) + beta}.
 *
 * <p>The arithmetic, also of {@link BatchNorm} once its statistics are known, and of the ReLU's
 * mask in {@link BatchNormReluBackward}: {@code invstd = 1 / sqrt(variance + epsilon)} in double,
 * rounded to fp32; {@code scale = invstd gamma}; {@code y = (x - mean) scale + beta}, every
 * operation rounded to fp32 on its own.
 */
public record BatchNormInference(float epsilon) implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 5);
    for (int i = 1; i < 5; i++) {
      Checks.vector(this, in, i, in.get(0).shape().dim(-1));
    }
    return List.of(in.get(0));
  }
}
