package io.earlybird.nn;

import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;

/** One entry of a network's state dict. */
public sealed interface StateEntry {
  /** Key, as the original names it. */
  String name();

  /** Shape and element type; scalars are {@code [1]}. */
  TensorSpec spec();

  /** A tensor that lives in the state region and may change. */
  record Stored(Variable variable) implements StateEntry {
    @Override
    public String name() {
      return variable.name();
    }

    @Override
    public TensorSpec spec() {
      return variable.spec();
    }
  }

  /** A tensor that is part of the network's structure and never changes. */
  record Fixed(String name, HostTensor value) implements StateEntry {
    @Override
    public TensorSpec spec() {
      return value.spec();
    }
  }
}
