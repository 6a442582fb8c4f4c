package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * Batch norm with the batch's statistics (Ioffe and Szegedy 2015): {@code x [...,C]}, {@code gamma
 * [C]}, {@code beta [C]} to {@code y = gamma (x - mean) / sqrt(variance + epsilon) + beta}, {@code
 * mean [C]} and the biased {@code variance [C]} over all rows.
 */
public record BatchNorm(float epsilon) implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 3);
    int c = in.get(0).shape().dim(-1);
    Checks.vector(this, in, 1, c);
    Checks.vector(this, in, 2, c);
    return List.of(in.get(0), Checks.f32(c), Checks.f32(c));
  }
}
