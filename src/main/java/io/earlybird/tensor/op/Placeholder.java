package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** A value written from the host before a run. */
public record Placeholder(String label, TensorSpec spec) implements LeafOp {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> inputs) {
    return List.of(spec);
  }
}
