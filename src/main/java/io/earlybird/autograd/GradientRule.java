package io.earlybird.autograd;

import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import java.util.List;

/** How one op passes gradients from its results to its operands. */
@FunctionalInterface
interface GradientRule {
  /**
   * The gradients of the node's operands.
   *
   * @param node the forward node
   * @param dy gradient of each result, {@code null} where none flows
   * @return gradient of each operand, {@code null} where none flows (labels, counters)
   */
  List<Tensor> apply(Node node, List<Tensor> dy);
}
