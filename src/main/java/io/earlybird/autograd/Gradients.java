package io.earlybird.autograd;

import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reverse-mode differentiation: a loss becomes gradient nodes in the same lazy graph. */
public final class Gradients {
  private final Map<Tensor, Tensor> byTensor;

  private Gradients(Map<Tensor, Tensor> byTensor) {
    this.byTensor = byTensor;
  }

  /**
   * Gradients of {@code loss [1]} with respect to the given tensors and everything on the paths to
   * them.
   *
   * @throws IllegalArgumentException if an op on such a path has no gradient rule
   */
  public static Gradients of(Tensor loss, Collection<Tensor> wanted) {
    return of(loss, Tensor.fill(1f, loss.shape()), wanted);
  }

  /** As {@link #of(Tensor, Collection)}, starting from a given gradient of {@code root}. */
  public static Gradients of(Tensor root, Tensor rootGradient, Collection<Tensor> wanted) {
    List<Node> order = new ArrayList<>();
    Set<Node> carriers = carriers(root.node(), Set.copyOf(wanted), order);
    Map<Tensor, Tensor> grads = new IdentityHashMap<>();
    grads.put(root, rootGradient);
    for (int i = order.size() - 1; i >= 0; i--) {
      Node node = order.get(i);
      List<Tensor> dy = new ArrayList<>();
      node.outputs().forEach(y -> dy.add(grads.get(y)));
      boolean reached = dy.stream().anyMatch(g -> g != null);
      if (!reached || node.inputs().isEmpty() || !carriers.contains(node)) {
        continue;
      }
      GradientRule rule = GradientTable.of(node.op());
      if (rule == null) {
        throw new IllegalArgumentException("no gradient rule for op " + node.op().name());
      }
      List<Tensor> dx = rule.apply(node, dy);
      for (int k = 0; k < dx.size(); k++) {
        Tensor x = node.inputs().get(k);
        if (dx.get(k) != null && carriers.contains(x.node())) {
          grads.merge(x, dx.get(k), Tensor::add);
        }
      }
    }
    return new Gradients(grads);
  }

  /** The gradient with respect to {@code tensor}, or {@code null} if none flows to it. */
  public Tensor of(Tensor tensor) {
    return byTensor.get(tensor);
  }

  /** Nodes from which a wanted tensor is reached, and a topological order of all nodes. */
  private static Set<Node> carriers(Node root, Set<Tensor> wanted, List<Node> order) {
    Set<Node> seen = new HashSet<>();
    visit(root, seen, order);
    Set<Node> carriers = new HashSet<>();
    for (Node n : order) {
      if (n.outputs().stream().anyMatch(wanted::contains)
          || n.inputs().stream().anyMatch(t -> carriers.contains(t.node()))) {
        carriers.add(n);
      }
    }
    return carriers;
  }

  private static void visit(Node start, Set<Node> seen, List<Node> order) {
    // An explicit stack: PreResNet-1001 is deeper than a thread's stack is long.
    List<Object[]> stack = new ArrayList<>();
    if (seen.add(start)) {
      stack.add(new Object[] {start, 0});
    }
    while (!stack.isEmpty()) {
      Object[] top = stack.get(stack.size() - 1);
      Node node = (Node) top[0];
      int next = (Integer) top[1];
      if (next == node.inputs().size()) {
        order.add(node);
        stack.remove(stack.size() - 1);
      } else {
        top[1] = next + 1;
        Node input = node.inputs().get(next).node();
        if (seen.add(input)) {
          stack.add(new Object[] {input, 0});
        }
      }
    }
  }
}
