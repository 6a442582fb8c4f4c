package io.earlybird.tensor.op;

import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** The same elements in the same row-major order under another shape; no kernel, only a view. */
public record Reshape(Shape shape) implements ViewOp {
  @Override
  public int viewed() {
    return 0;
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> inputs) {
    Checks.count(this, inputs, 1);
    Checks.require(inputs.get(0).size() == shape.size(), this, inputs, "equal element counts");
    return List.of(new TensorSpec(shape, inputs.get(0).dtype()));
  }
}
