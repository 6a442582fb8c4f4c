package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import java.util.List;

/** The value of a variable at the start of the step. */
public record ReadVariable(Variable variable) implements LeafOp {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> inputs) {
    return List.of(variable.stored());
  }
}
