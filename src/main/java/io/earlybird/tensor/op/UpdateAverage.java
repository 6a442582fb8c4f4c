package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * A running average: operands {@code average}, {@code value}, {@code momentum [1]} to {@code (1 -
 * momentum) average + momentum (correction value)}. Batch norm's running variance uses {@code
 * correction = M / (M - 1)} for M rows. Rounded to fp32 after every operation; bit-exact
 * everywhere.
 */
public record UpdateAverage(float correction) implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 3);
    Checks.same(this, in, 0, 1);
    Checks.vector(this, in, 2, 1);
    return List.of(in.get(0));
  }
}
