package io.earlybird.verify;

import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.NormProductOp;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.ProductOp;
import java.util.List;
import java.util.stream.DoubleStream;

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

  /**
   * Whether the op is a convolution or a matrix product and has an operand that is not finite: such
   * an operand may reach more results than the reference says.
   */
  boolean spreads() {
    return isProduct()
        && inputs.stream().anyMatch(x -> !DoubleStream.of(x.doubles()).allMatch(Double::isFinite));
  }

  /** Whether the op is a convolution or a matrix product. */
  boolean isProduct() {
    return op instanceof ProductOp || op instanceof NormProductOp;
  }

  @Override
  public String toString() {
    return op + " on " + specs();
  }
}
