package io.earlybird.tensor;

/**
 * A state change: when the step ends, {@code variable} holds {@code value}. Every {@link
 * Variable#read()} in the same graph sees the old value; the planner adds the write-after-read
 * edges.
 */
public record Assign(Variable variable, Tensor value) {
  /** Checks that value and variable fit. */
  public Assign {
    if (!variable.stored().equals(value.spec())) {
      throw new IllegalArgumentException(
          "assign " + variable + ": value has " + value.spec() + ", expected " + variable.stored());
    }
  }
}
