package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * The L1 subgradient of network slimming: {@code g + scale sign(w)}, {@code sign(0) = 0}; operands
 * {@code g}, {@code w}; bit-exact everywhere.
 */
public record AddSign(float scale) implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 2);
    Checks.same(this, in, 0, 1);
    return List.of(in.get(0));
  }
}
