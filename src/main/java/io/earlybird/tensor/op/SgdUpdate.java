package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * One step of SGD as PyTorch does it: operands {@code w}, {@code m}, {@code g}, {@code lr [1]};
 * {@code d = g + weightDecay w}, {@code m' = momentum m + d}, {@code w' = w - lr m'}; results
 * {@code w'}, {@code m'}. Every product and sum is rounded to fp32 on its own; bit-exact
 * everywhere.
 */
public record SgdUpdate(float momentum, float weightDecay) implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 4);
    Checks.same(this, in, 0, 1);
    Checks.same(this, in, 0, 2);
    Checks.vector(this, in, 3, 1);
    return List.of(in.get(0), in.get(1));
  }
}
