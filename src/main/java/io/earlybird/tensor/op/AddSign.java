package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * The L1 subgradient of network slimming: {@code g + scale sign(w)} with {@code sign(w) = (w > 0) -
 * (w < 0)}, so +0 for both zeros and NaN; operands {@code g}, {@code w}. Product and sum are
 * rounded to fp32 on their own; bit-exact everywhere.
 */
public record AddSign(float scale) implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 2);
    Checks.same(this, in, 0, 1);
    return List.of(in.get(0));
  }
}
