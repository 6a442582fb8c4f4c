package io.earlybird.verify;

import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Op;
import java.util.List;

/**
 * One op on given operands.
 *
 * @param op the op
 * @param inputs its operands, of the op's logical types
 */
record OpCase(Op op, List<HostTensor> inputs) {
  /** A case of the given operands. */
  static OpCase of(Op op, HostTensor... inputs) {
    return new OpCase(op, List.of(inputs));
  }

  /** Shapes and types of the operands. */
  List<TensorSpec> specs() {
    return inputs.stream().map(HostTensor::spec).toList();
  }

  @Override
  public String toString() {
    return op + " on " + specs();
  }
}
