package io.earlybird.models;

import io.earlybird.autograd.Gradients;
import io.earlybird.backend.reference.ReferenceGraph;
import io.earlybird.golden.Closeness;
import io.earlybird.nn.ForwardPass;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.Relu;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Places of a training pass where rounding decides on which side of a kink a value falls: ReLU
 * inputs next to zero, max pooling windows whose two largest values are next to equal. One that
 * falls on another side than in exact arithmetic moves all gradients below it by a jump, though
 * nothing is wrong. Which do depends on the kernels. Here the gradients are computed in double with
 * places put on the other side, so that a difference can be taken apart into jumps.
 */
final class Kinks {
  private final Map<Tensor, HostTensor> leaves = new HashMap<>();
  private final Map<String, Tensor> gradients = new LinkedHashMap<>();
  private final Map<Tensor, HostTensor> forward = new HashMap<>();
  private final List<Place> places = new ArrayList<>();

  /**
   * An element of the result of a ReLU or of a max pooling.
   *
   * @param winner the second largest's place in its window; unused for a ReLU
   */
  private record Place(Node node, int element, int winner) {}

  /**
   * The places of one training pass.
   *
   * @param rounding how far a value may lie from its kink, relative to the largest of its layer
   */
  Kinks(
      Network network,
      Map<String, HostTensor> state,
      HostTensor pictures,
      HostTensor labels,
      double rounding) {
    Tensor x = Tensor.placeholder("x", network.inputSpec(pictures.shape().dim(0)));
    Tensor classes = Tensor.placeholder("labels", labels.spec());
    Tensor logits = network.forward(x, ForwardPass.training());
    List<Variable> parameters = network.parameters();
    Gradients all =
        Gradients.of(
            logits.softmaxCrossEntropy(classes).output(0),
            parameters.stream().map(Variable::read).toList());
    parameters.forEach(p -> gradients.put(p.name(), all.of(p.read())));
    network.writeState(state, (variable, value) -> leaves.put(variable.read(), value));
    leaves.put(x, pictures);
    leaves.put(classes, labels);
    List<Node> kinks = kinks(logits);
    List<Tensor> around = new ArrayList<>();
    for (Node node : kinks) {
      around.add(node.inputs().get(0));
      around.addAll(node.outputs());
    }
    List<HostTensor> values = ReferenceGraph.evaluate(around, leaves, DType.F64);
    for (int i = 0; i < around.size(); i++) {
      forward.put(around.get(i), values.get(i));
    }
    kinks.forEach(node -> find(node, rounding));
  }

  /** How many there are. */
  int size() {
    return places.size();
  }

  /**
   * The gradients with some places on the other side, by parameter.
   *
   * @param crossed indices below {@link #size()}
   */
  Map<String, double[]> gradients(List<Integer> crossed) {
    return gradients(crossed, gradients.keySet());
  }

  private Map<String, double[]> gradients(List<Integer> crossed, Set<String> names) {
    Map<Tensor, HostTensor> feeds = new HashMap<>(leaves);
    crossed.forEach(i -> cross(places.get(i), feeds));
    List<String> order = List.copyOf(names);
    List<HostTensor> values =
        ReferenceGraph.evaluate(order.stream().map(gradients::get).toList(), feeds, DType.F64);
    Map<String, double[]> out = new HashMap<>();
    for (int i = 0; i < order.size(); i++) {
      out.put(order.get(i), values.get(i).doubles());
    }
    return out;
  }

  /**
   * The part of a difference between two gradients that is made up of jumps: at a kink the gradient
   * may be anything between its two sides, so each jump counts by a factor from -1 to 1, chosen by
   * least squares.
   *
   * @param difference one gradient less another, of some or all parameters
   * @return of all parameters
   */
  Map<String, double[]> explain(Map<String, double[]> difference) {
    Map<String, double[]> exact = gradients(List.of());
    List<Map<String, double[]>> jumps = new ArrayList<>();
    for (int i = 0; i < places.size(); i++) {
      jumps.add(less(gradients(List.of(i), difference.keySet()), exact));
    }
    double[] factors = leastSquares(jumps, difference);
    Map<String, double[]> sum = combine(exact, exact, -1);
    for (int i = 0; i < factors.length; i++) {
      if (factors[i] != 0) {
        sum = combine(sum, less(gradients(List.of(i)), exact), factors[i]);
      }
    }
    return sum;
  }

  /** Each factor by turns, the others given, until none moves. */
  private static double[] leastSquares(
      List<Map<String, double[]>> jumps, Map<String, double[]> difference) {
    int n = jumps.size();
    double[][] products = new double[n][n];
    double[] wanted = new double[n];
    for (int i = 0; i < n; i++) {
      wanted[i] = dot(jumps.get(i), difference);
      for (int j = 0; j < n; j++) {
        products[i][j] = dot(jumps.get(i), jumps.get(j));
      }
    }
    double[] factors = new double[n];
    for (int round = 0; round < 1000; round++) {
      for (int i = 0; i < n; i++) {
        double rest = wanted[i];
        for (int j = 0; j < n; j++) {
          rest -= i == j ? 0 : products[i][j] * factors[j];
        }
        if (products[i][i] > 0) {
          factors[i] = Math.max(-1, Math.min(1, rest / products[i][i]));
        }
      }
    }

    return factors;
  }

  static Map<String, double[]> less(Map<String, double[]> a, Map<String, double[]> b) {
    return combine(a, b, -1);
  }

  /** {@code a + factor b}. */
  private static Map<String, double[]> combine(
      Map<String, double[]> a, Map<String, double[]> b, double factor) {
    Map<String, double[]> out = new HashMap<>();
    a.forEach(
        (name, left) -> {
          double[] right = b.get(name);
          double[] sum = new double[left.length];
          for (int i = 0; i < sum.length; i++) {
            sum[i] = left[i] + factor * right[i];
          }
          out.put(name, sum);
        });
    return out;
  }

  private static double dot(Map<String, double[]> a, Map<String, double[]> b) {
    double sum = 0;
    for (Map.Entry<String, double[]> e : a.entrySet()) {
      double[] left = e.getValue();
      double[] right = b.get(e.getKey());
      for (int i = 0; i < left.length; i++) {
        sum += left[i] * right[i];
      }
    }
    return sum;
  }

  private void find(Node node, double relative) {
    double[] in = forward.get(node.inputs().get(0)).doubles();
    double rounding = relative * Closeness.largest(in);
    if (node.op() instanceof MaxPool2d pool) {
      find(node, pool, in, rounding);
      return;
    }
    for (int i = 0; i < in.length; i++) {
      if (Math.abs(in[i]) < rounding) {
        places.add(new Place(node, i, 0));
      }
    }
  }

  /** Windows whose winner, above zero, is first by less than rounding. */
  private void find(Node node, MaxPool2d pool, double[] in, double rounding) {
    Shape from = node.inputs().get(0).shape();
    Shape to = node.output(0).shape();
    int[] at = new int[4];
    for (int i = 0; i < to.size(); i++) {
      int rest = i;
      for (int d = 3; d >= 0; d--) {
        at[d] = rest % to.dim(d);
        rest /= to.dim(d);
      }
      double first = Double.NEGATIVE_INFINITY;
      double second = Double.NEGATIVE_INFINITY;
      int winner = 0;
      int loser = 0;
      for (int k = 0; k < pool.kernel() * pool.kernel(); k++) {
        int h = at[1] * pool.stride() - pool.padding() + k / pool.kernel();
        int w = at[2] * pool.stride() - pool.padding() + k % pool.kernel();
        if (h < 0 || h >= from.dim(1) || w < 0 || w >= from.dim(2)) {
          continue;
        }
        double v = in[((at[0] * from.dim(1) + h) * from.dim(2) + w) * from.dim(3) + at[3]];
        if (v > first) {
          second = first;
          loser = winner;
          first = v;
          winner = k;
        } else if (v > second) {
          second = v;
          loser = k;
        }
      }
      if (first > 0 && first - second < rounding) {
        places.add(new Place(node, i, loser));
      }
    }
  }

  /** Gives the results of a node with one element on the other side. */
  private void cross(Place place, Map<Tensor, HostTensor> feeds) {
    boolean pool = place.node.op() instanceof MaxPool2d;
    Tensor result = place.node.output(pool ? 1 : 0);
    double[] values = feeds.getOrDefault(result, forward.get(result)).doubles();
    values[place.element] = pool ? place.winner : values[place.element] > 0 ? 0 : Double.MIN_NORMAL;
    DType type = pool ? result.spec().dtype() : DType.F64;
    feeds.put(result, HostTensor.ofDoubles(new TensorSpec(result.shape(), type), values));
    if (pool) {
      feeds.putIfAbsent(place.node.output(0), forward.get(place.node.output(0)));
    }
  }

  private static List<Node> kinks(Tensor logits) {
    List<Node> kinks = new ArrayList<>();
    Set<Node> seen = new HashSet<>();
    Deque<Node> open = new ArrayDeque<>(List.of(logits.node()));
    while (!open.isEmpty()) {
      Node node = open.pop();
      if (seen.add(node)) {
        if (node.op() instanceof Relu || node.op() instanceof MaxPool2d) {
          kinks.add(node);
        }
        node.inputs().forEach(t -> open.push(t.node()));
      }
    }
    return kinks;
  }
}
