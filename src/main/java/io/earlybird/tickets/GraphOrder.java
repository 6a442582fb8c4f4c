package io.earlybird.tickets;

import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The nodes behind a tensor. */
final class GraphOrder {
  private GraphOrder() {}

  /** All nodes that a tensor depends on, operands before results. */
  static List<Node> of(Tensor output) {
    Set<Node> seen = new LinkedHashSet<>(List.of(output.node()));
    List<Node> waiting = new ArrayList<>(seen);
    while (!waiting.isEmpty()) {
      for (Tensor in : waiting.remove(waiting.size() - 1).inputs()) {
        if (seen.add(in.node())) {
          waiting.add(in.node());
        }
      }
    }
    return seen.stream().sorted(Comparator.comparingInt(Node::level)).toList();
  }
}
