package io.earlybird.backend;

import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Op;
import java.util.List;

/**
 * What a plan asks a backend to prepare.
 *
 * @param op the op, never a leaf or a reshape
 * @param inputs logical operands
 * @param outputs logical results
 * @param available form in which each operand exists already, or {@code null} where the kernel may
 *     choose freely (a variable that has no storage yet)
 * @param multiplied whether result 0 is nothing but an operand of convolutions and matrix products
 */
public record KernelRequest(
    Op op,
    List<TensorSpec> inputs,
    List<TensorSpec> outputs,
    List<Form> available,
    boolean multiplied) {
  /** A request for a result that anything may read. */
  public KernelRequest(
      Op op, List<TensorSpec> inputs, List<TensorSpec> outputs, List<Form> available) {
    this(op, inputs, outputs, available, false);
  }

  private static final int DESCRIBED = 8;

  /** The op and its first operands, for messages. */
  public String describe() {
    String operands =
        inputs.size() <= DESCRIBED
            ? inputs.toString()
            : inputs.subList(0, DESCRIBED) + " and " + (inputs.size() - DESCRIBED) + " more";
    return op + " on " + operands;
  }
}
