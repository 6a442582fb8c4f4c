package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** {@code dx = y > 0 ? dy : 0} from the forward result {@code y}; bit-exact everywhere. */
public record ReluBackward() implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 2);
    Checks.same(this, in, 0, 1);
    return List.of(in.get(1));
  }
}
