package io.earlybird.tickets;

import io.earlybird.nn.BatchNorm2d;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.Placeholder;
import io.earlybird.tensor.op.Select;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Whether a network's output still depends on its input when some batch norms let nothing through.
 * One that is read by a selection alone counts as open: what happens to it is the selection's
 * affair.
 */
final class SignalPath {
  private final Tensor output;
  private final List<Node> order;
  private final Map<String, Integer> norms = new HashMap<>();
  private final Set<Node> chosenFrom = Collections.newSetFromMap(new IdentityHashMap<>());

  /**
   * Looks at a network.
   *
   * @param output what it computes
   * @param batchNorms its batch norms in its order
   */
  SignalPath(Tensor output, List<BatchNorm2d> batchNorms) {
    this.output = output;
    this.order = GraphOrder.of(output);
    batchNorms.forEach(b -> norms.put(b.name(), norms.size()));
    for (Node node : order) {
      if (node.op() instanceof Select) {
        chosenFrom.add(node.inputs().get(0).node());
      }
    }
  }

  /**
   * The closed batch norms any of which, opened, lets the signal get further to the output; none if
   * it arrives there.
   *
   * @param closed whether a batch norm, by its number in the network's order, lets nothing through
   */
  List<Integer> blockedAt(IntPredicate closed) {
    Set<Node> reached = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Node> stopped = new ArrayList<>();
    for (Node node : order) {
      boolean starts = node.op() instanceof Placeholder;
      if (starts || node.inputs().stream().anyMatch(in -> reached.contains(in.node()))) {
        if (isClosed(node, closed)) {
          stopped.add(node);
        } else {
          reached.add(node);
        }
      }
    }
    if (reached.contains(output.node())) {
      return List.of();
    }
    Set<Node> leading = leadingToOutput(reached);
    return stopped.stream().filter(leading::contains).map(n -> norms.get(n.layer())).toList();
  }

  /** The nodes from which a way leads to the output on which no node has been reached. */
  private Set<Node> leadingToOutput(Set<Node> reached) {
    Set<Node> leading = Collections.newSetFromMap(new IdentityHashMap<>());
    leading.add(output.node());
    for (int i = order.size() - 1; i >= 0; i--) {
      if (leading.contains(order.get(i))) {
        for (Tensor in : order.get(i).inputs()) {
          if (!reached.contains(in.node())) {
            leading.add(in.node());
          }
        }
      }
    }
    return leading;
  }

  private boolean isClosed(Node node, IntPredicate closed) {
    return node.op() instanceof BatchNormInference
        && !chosenFrom.contains(node)
        && closed.test(norms.get(node.layer()));
  }
}
