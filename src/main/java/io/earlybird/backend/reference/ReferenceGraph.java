package io.earlybird.backend.reference;

import io.earlybird.backend.reference.ReferenceOps.Result;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.LeafOp;
import io.earlybird.tensor.op.Relu;
import io.earlybird.tensor.op.ReluBackward;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SelectBackward;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Evaluates a graph node by node with {@link ReferenceOps}, without a plan: for judging ops. */
public final class ReferenceGraph {
  private final Map<Tensor, HostTensor> values;
  private final Map<Tensor, Error> errors = new IdentityHashMap<>();
  private final DType storage;

  /** Error scale of a tensor that is not bit-exact. */
  private record Error(double[] magnitude, long terms) {}

  private ReferenceGraph(Map<Tensor, HostTensor> feeds, DType storage) {
    this.values = new IdentityHashMap<>(feeds);
    this.storage = storage;
  }

  /**
   * Values of the wanted tensors.
   *
   * @param feeds the value of every leaf (and of any tensor that shall not be computed)
   * @throws IllegalArgumentException if a leaf has no value
   */
  public static List<HostTensor> evaluate(
      List<Tensor> wanted, Map<Tensor, HostTensor> feeds, DType storage) {
    return trace(wanted, feeds, storage).outputs();
  }

  /** As {@link #evaluate}, with the error scale of each wanted tensor for exact feeds. */
  static Result trace(List<Tensor> wanted, Map<Tensor, HostTensor> feeds, DType storage) {
    ReferenceGraph graph = new ReferenceGraph(feeds, storage);
    for (Node node : graph.order(wanted)) {
      graph.run(node);
    }
    List<HostTensor> outputs = new ArrayList<>();
    List<double[]> magnitudes = new ArrayList<>();
    long[] terms = new long[wanted.size()];
    for (int i = 0; i < terms.length; i++) {
      Error error = graph.errors.getOrDefault(wanted.get(i), new Error(new double[0], 0));
      outputs.add(graph.values.get(wanted.get(i)));
      magnitudes.add(error.magnitude);
      terms[i] = error.terms;
    }
    return new Result(outputs, magnitudes, terms);
  }

  /** The nodes to run, operands first. */
  private List<Node> order(List<Tensor> wanted) {
    Map<Node, Boolean> seen = new IdentityHashMap<>();
    List<Node> order = new ArrayList<>();
    Deque<Tensor> open = new ArrayDeque<>(wanted);
    while (!open.isEmpty()) {
      Tensor tensor = open.pop();
      if (!values.containsKey(tensor) && seen.put(tensor.node(), true) == null) {
        order.add(tensor.node());
        open.addAll(tensor.node().inputs());
      }
    }
    order.sort(Comparator.comparingInt(Node::level));
    return order;
  }

  private void run(Node node) {
    if (node.op() instanceof LeafOp) {
      throw new IllegalArgumentException("no value given for " + node);
    }
    List<HostTensor> inputs = node.inputs().stream().map(values::get).toList();
    Result result = ReferenceOps.evaluate(node.op(), inputs, storage);
    for (int i = 0; i < node.outputs().size(); i++) {
      values.put(node.output(i), result.outputs().get(i));
      if (!result.exact(i)) {
        errors.put(node.output(i), new Error(result.magnitudes().get(i), result.terms()[i]));
      }
    }
    passOn(node);
    passGradientOn(node, inputs);
  }

  /**
   * Error scales of a gradient pass through ops that are linear in it: they are those of a gradient
   * as large as all its terms together.
   */
  private void passGradientOn(Node node, List<HostTensor> inputs) {
    int gradient = node.op() instanceof SelectBackward ? 0 : 1;
    if (!(node.op() instanceof ReluBackward
        || node.op() instanceof SelectBackward
        || node.op() instanceof BatchNormBackward)) {
      return;
    }
    Error error = errors.get(node.inputs().get(gradient));
    if (error == null) {
      return;
    }
    List<HostTensor> largest = new ArrayList<>(inputs);
    TensorSpec wide = new TensorSpec(inputs.get(gradient).shape(), DType.F64);
    largest.set(gradient, HostTensor.ofDoubles(wide, error.magnitude));
    Result result = ReferenceOps.evaluate(node.op(), largest, DType.F64);
    for (int i = 0; i < node.outputs().size(); i++) {
      boolean exact = result.exact(i);
      double[] magnitude = exact ? result.outputs().get(i).doubles() : result.magnitudes().get(i);
      errors.put(node.output(i), new Error(magnitude, error.terms + result.terms()[i]));
    }
  }

  /**
   * Error scales pass through selection and ReLU unchanged, and through what follows a convolution
   * in {@link Conv2dEpilogue}. Every other bit-exact op counts as exact: the ReLU's mask is
   * recomputed by pinned arithmetic.
   */
  private void passOn(Node node) {
    Error error = node.inputs().isEmpty() ? null : errors.get(node.inputs().get(0));
    if (error == null) {
      return;
    }
    if (node.op() instanceof Relu) {
      errors.put(node.output(0), error);
    } else if (node.op() instanceof Select select) {
      int extent = node.inputs().get(0).shape().dim(-1);
      double[] kept = ElementwiseKernels.select(select.channels(), error.magnitude, extent);
      errors.put(node.output(0), new Error(kept, error.terms));
    } else if (node.op() instanceof BatchNormInference norm) {
      errors.put(node.output(0), new Error(normalized(norm, node, error), error.terms));
    } else if (node.op() instanceof Add) {
      double[] sum = error.magnitude.clone();
      HostTensor other = values.get(node.inputs().get(1));
      for (int i = 0; i < sum.length; i++) {
        sum[i] += Math.abs(other.get(i));
      }
      errors.put(node.output(0), new Error(sum, error.terms));
    }
  }

  /** The terms of {@code (x - mean) scale + beta}: those of x, scaled, the mean's and beta. */
  private double[] normalized(BatchNormInference norm, Node node, Error error) {
    List<HostTensor> in = node.inputs().stream().map(values::get).toList();
    double[] sum = error.magnitude.clone();
    int channels = in.get(1).shape().dim(0);
    for (int i = 0; i < sum.length; i++) {
      int c = i % channels;
      double scale = in.get(1).get(c) / Math.sqrt(in.get(4).get(c) + norm.epsilon());
      double mean = Math.abs(in.get(3).get(c));
      sum[i] = (sum[i] + mean) * Math.abs(scale) + Math.abs(in.get(2).get(c));
    }
    return sum;
  }
}
