package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** {@code y = x > 0 ? x : 0}, NaN stays NaN; bit-exact everywhere. */
public record Relu() implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 1);
    return in;
  }
}
