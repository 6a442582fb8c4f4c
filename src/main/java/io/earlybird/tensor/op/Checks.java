package io.earlybird.tensor.op;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** Shape rules shared by the op records. */
final class Checks {
  private Checks() {}

  static void count(Op op, List<TensorSpec> inputs, int expected) {
    if (inputs.size() != expected) {
      throw new IllegalArgumentException(
          op.name() + ": expected " + expected + " operands, got " + inputs.size());
    }
  }

  static void require(boolean ok, Op op, List<TensorSpec> inputs, String expectation) {
    if (!ok) {
      throw new IllegalArgumentException(op + " on " + inputs + ": expected " + expectation);
    }
  }

  static void rank(Op op, List<TensorSpec> inputs, int operand, int rank) {
    require(
        inputs.get(operand).shape().rank() == rank,
        op,
        inputs,
        "operand " + operand + " of rank " + rank);
  }

  static void vector(Op op, List<TensorSpec> inputs, int operand, int length) {
    require(
        inputs.get(operand).shape().equals(Shape.of(length)),
        op,
        inputs,
        "operand " + operand + " of shape [" + length + "]");
  }

  static void dtype(Op op, List<TensorSpec> inputs, int operand, DType dtype) {
    require(
        inputs.get(operand).dtype() == dtype,
        op,
        inputs,
        "operand " + operand + " of type " + dtype);
  }

  static void same(Op op, List<TensorSpec> inputs, int a, int b) {
    require(
        inputs.get(a).equals(inputs.get(b)), op, inputs, "operands " + a + " and " + b + " alike");
  }

  /** Output extent of a sliding window. */
  static int window(Op op, List<TensorSpec> inputs, int extent, int kernel, int stride, int pad) {
    require(
        kernel > 0 && stride > 0 && pad >= 0 && extent + 2 * pad >= kernel,
        op,
        inputs,
        "a window that fits into the padded extent " + (extent + 2 * pad));
    return (extent + 2 * pad - kernel) / stride + 1;
  }

  static TensorSpec f32(int... dims) {
    return TensorSpec.f32(dims);
  }
}
