package io.earlybird.plan;

import io.earlybird.backend.Form;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import java.util.ArrayList;
import java.util.List;

/**
 * One stored tensor of a plan: the result of a step, a variable's old value or a placeholder. Views
 * (reshapes) share the value and differ in the {@link Operand}.
 */
final class Value {
  /** Where a value's bytes live. */
  enum Home {
    /** The plan's share of the overlaid scratch arena. */
    SCRATCH,
    /** The state region: a variable's old value, or the new value written in its place. */
    STATE,
    /** Memory of the plan itself, written by the host. */
    PLACEHOLDER
  }

  final TensorSpec spec;
  final Step producer;
  final List<Step> readers = new ArrayList<>();
  Home home;

  /** The variable whose old value this is, or in whose buffer this new value is written. */
  Variable variable;

  /** The form of the stored bytes; null until a kernel was chosen. */
  Form form;

  /** Whether the host reads it after the run. */
  boolean output;

  Value(TensorSpec spec, Step producer, Home home) {
    this.spec = spec;
    this.producer = producer;
    this.home = home;
  }
}
