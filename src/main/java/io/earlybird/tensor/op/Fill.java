package io.earlybird.tensor.op;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** A 32-bit floating-point tensor whose elements all are {@code value}. */
public record Fill(float value, Shape shape) implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> inputs) {
    Checks.count(this, inputs, 0);
    return List.of(new TensorSpec(shape, DType.F32));
  }
}
