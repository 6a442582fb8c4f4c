package io.earlybird.plan;

import io.earlybird.tensor.TensorSpec;

/** A stored value seen under a logical shape. */
record Operand(Value value, TensorSpec spec) {
  /** A value under its own shape. */
  static Operand of(Value value) {
    return new Operand(value, value.spec);
  }
}
