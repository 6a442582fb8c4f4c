package io.earlybird.models;

import io.earlybird.nn.ForwardPass;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.Relu;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * What a network costs by the original's rules. Counting looks at the lazy graph of one picture and
 * runs nothing.
 *
 * @param flops floating-point operations of one picture's forward pass: 2 per multiply-add of
 *     convolutions and the linear layer (plus its bias), 2 per batch-norm element, 1 per ReLU
 *     element, the window's size per element of a pooling that is a layer by name (the average
 *     pooling of the ImageNet networks is one); channel selections, additions and other average
 *     pooling are not counted
 * @param parameters trained parameters and the entries of channel selection vectors, as the
 *     original counts them
 * @param trainedParameters the trained ones alone
 */
public record Costs(long flops, long parameters, long trainedParameters) {
  /** The unit in which the paper states training FLOPs on CIFAR. */
  public static final double PAPER_UNIT = 5e13;

  /**
   * Forward and backward pass together cost this many forward passes, by the paper's convention.
   */
  private static final int FORWARDS_PER_STEP = 3;

  /** Counts a network. */
  public static Costs of(Network network) {
    Tensor x = Tensor.placeholder("x", network.inputSpec(1));
    long flops = flops(network.forward(x, ForwardPass.evaluation()));
    long trained = network.parameters().stream().mapToLong(v -> v.shape().size()).sum();
    long selected = network.selections().stream().mapToLong(s -> s.extent()).sum();
    return new Costs(flops, trained + selected, trained);
  }

  /**
   * FLOPs of training by the paper's convention: forward FLOPs x 3 x pictures x epochs. Divide by
   * {@link #PAPER_UNIT} to compare with the paper's tables.
   *
   * @param pictures pictures in an epoch
   * @param epochs epochs trained
   */
  public double trainingFlops(long pictures, long epochs) {
    return (double) flops * FORWARDS_PER_STEP * pictures * epochs;
  }

  private static long flops(Tensor output) {
    Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Node> stack = new ArrayDeque<>();
    stack.push(output.node());
    long sum = 0;
    while (!stack.isEmpty()) {
      Node node = stack.pop();
      if (seen.add(node)) {
        sum += flops(node);
        node.inputs().forEach(in -> stack.push(in.node()));
      }
    }
    return sum;
  }

  private static long flops(Node node) {
    Shape y = node.output(0).shape();
    if (node.op() instanceof Conv2d) {
      Shape w = node.inputs().get(1).shape();
      return y.size() * 2 * w.dim(1) * w.dim(2) * w.dim(3);
    }
    if (node.op() instanceof Linear) {
      return y.size() * (2L * node.inputs().get(1).shape().dim(1) + 1);
    }
    if (node.op() instanceof BatchNormInference) {
      return 2 * y.size();
    }
    if (node.op() instanceof Relu) {
      return y.size();
    }
    if (node.op() instanceof MaxPool2d pool) {
      return y.size() * pool.kernel() * pool.kernel();
    }
    if (node.op() instanceof AvgPool2d pool && node.layer() != null) {
      return y.size() * pool.kernel() * pool.kernel();
    }
    return 0;
  }
}
