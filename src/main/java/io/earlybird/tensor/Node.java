package io.earlybird.tensor;

import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;

/** One application of an op in a lazy graph. Building one computes nothing but shapes. */
public final class Node {
  private final Op op;
  private final List<Tensor> inputs;
  private final List<Tensor> outputs;
  private final String layer;
  private final int level;

  private Node(Op op, List<Tensor> inputs, String layer) {
    this.op = op;
    this.inputs = List.copyOf(inputs);
    this.layer = layer;
    List<TensorSpec> specs = op.infer(inputs.stream().map(Tensor::spec).toList());
    List<Tensor> made = new ArrayList<>(specs.size());
    for (int i = 0; i < specs.size(); i++) {
      made.add(new Tensor(this, i, specs.get(i)));
    }
    this.outputs = List.copyOf(made);
    this.level = 1 + inputs.stream().mapToInt(t -> t.node().level).max().orElse(-1);
  }

  /** Applies {@code op} to {@code inputs}. */
  public static Node of(Op op, List<Tensor> inputs) {
    return new Node(op, inputs, null);
  }

  /** Applies {@code op} as the layer with the given name, for example {@code feature.0}. */
  public static Node of(Op op, List<Tensor> inputs, String layer) {
    return new Node(op, inputs, layer);
  }

  /** The op. */
  public Op op() {
    return op;
  }

  /** Its operands, in the op's order. */
  public List<Tensor> inputs() {
    return inputs;
  }

  /** Its results, in the op's order. */
  public List<Tensor> outputs() {
    return outputs;
  }

  /** Result {@code i}. */
  public Tensor output(int i) {
    return outputs.get(i);
  }

  /** Name of the layer that this node stands for, or {@code null} (functional use, gradients). */
  public String layer() {
    return layer;
  }

  /** Length of the longest path from a leaf: the planner's default order. */
  public int level() {
    return level;
  }

  @Override
  public String toString() {
    return op + (layer == null ? "" : " (" + layer + ")") + " -> " + outputs;
  }
}
