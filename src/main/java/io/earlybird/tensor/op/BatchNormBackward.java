package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * Gradients of {@link BatchNorm}: {@code x, dy [...,C]}, {@code mean, variance, gamma [C]} to
 * {@code dx}, {@code dgamma}, {@code dbeta}. With {@code xhat = (x - mean) / sqrt(variance +
 * epsilon)} and M rows: {@code dbeta = sum dy}, {@code dgamma = sum dy xhat}, {@code dx = gamma /
 * sqrt(variance + epsilon) (dy - dbeta / M - xhat dgamma / M)}.
 */
public record BatchNormBackward(float epsilon) implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 5);
    Checks.same(this, in, 0, 1);
    int c = in.get(0).shape().dim(-1);
    for (int i = 2; i < 5; i++) {
      Checks.vector(this, in, i, c);
    }
    return List.of(in.get(0), Checks.f32(c), Checks.f32(c));
  }
}
