package io.earlybird.plan;

import io.earlybird.plan.Work.Part;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.FusedOp;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.Op;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How many operations each op takes, by one rule per op. Convolutions, the linear layer, batch norm
 * with running statistics, ReLU and max pooling are counted as the original counts them (see {@code
 * models.Costs}); the rest by the arithmetic of its formula. A fused op takes what its constituents
 * take.
 */
final class OpWork {
  /** Counts from the operands and results. */
  private interface Count {
    long of(Op op, List<TensorSpec> in, List<TensorSpec> out);
  }

  private record Rule(Part part, Count count) {}

  private static final Map<String, Rule> RULES = rules();

  private OpWork() {}

  private static Map<String, Rule> rules() {
    Map<String, Rule> r = new HashMap<>();
    // Two per multiply-add; the linear layer adds its bias, and sums it in the backward pass.
    r.put("Conv2d", forward((op, in, out) -> 2 * size(out, 0) * perOutput(in.get(1))));
    r.put("Conv2dBackwardData", backward((op, in, out) -> 2 * size(in, 0) * perOutput(in.get(1))));
    r.put(
        "Conv2dBackwardWeight", backward((op, in, out) -> 2 * size(in, 1) * perOutput(out.get(0))));
    r.put("Linear", forward((op, in, out) -> 2 * rows(in.get(0)) * size(in, 1) + size(out, 0)));
    r.put("LinearBackwardData", backward((op, in, out) -> 2 * rows(in.get(0)) * size(in, 1)));
    r.put(
        "LinearBackwardWeight",
        backward((op, in, out) -> 2 * rows(in.get(0)) * size(out, 0) + size(in, 1)));
    // Mean 1, variance 3, then scale and shift 2.
    r.put("BatchNorm", forward((op, in, out) -> 6 * size(in, 0)));
    r.put("BatchNormInference", forward((op, in, out) -> 2 * size(in, 0)));
    // xhat 2, dbeta 1, dgamma 2, dx 4.
    r.put("BatchNormBackward", backward((op, in, out) -> 9 * size(in, 0)));
    r.put("Select", forward(nothing()));
    r.put("SelectBackward", backward(nothing()));
    r.put("Relu", forward((op, in, out) -> size(out, 0)));
    r.put("ReluBackward", backward((op, in, out) -> size(out, 0)));
    r.put("Add", forward((op, in, out) -> size(out, 0)));
    r.put("MaxPool2d", forward((op, in, out) -> size(out, 0) * square(((MaxPool2d) op).kernel())));
    r.put("MaxPool2dBackward", backward((op, in, out) -> size(in, 0)));
    r.put("AvgPool2d", forward((op, in, out) -> size(out, 0) * square(((AvgPool2d) op).kernel())));
    r.put("AvgPool2dBackward", backward((op, in, out) -> size(out, 0)));
    // Maximum, difference, exponential, sum, quotient of each logit.
    r.put("SoftmaxCrossEntropy", forward((op, in, out) -> 5 * size(in, 0)));
    r.put("SoftmaxCrossEntropyBackward", backward((op, in, out) -> 2 * size(in, 0)));
    r.put("AddSign", update((op, in, out) -> 2 * size(out, 0)));
    r.put("SgdUpdate", update((op, in, out) -> 6 * size(in, 0)));
    r.put("UpdateAverage", update((op, in, out) -> 4 * size(out, 0)));
    // Exponent of the block, scaling, draw, rounding of each element.
    r.put("Quantize", new Rule(Part.QUANTIZER, (op, in, out) -> 4 * size(out, 0)));
    r.put("CountMetrics", new Rule(Part.OTHER, (op, in, out) -> size(in, 1)));
    r.put("Increment", new Rule(Part.OTHER, (op, in, out) -> size(out, 0)));
    r.put("Fill", new Rule(Part.OTHER, nothing()));
    r.put("Augment", new Rule(Part.DATA, nothing()));
    return r;
  }

  private static Rule forward(Count count) {
    return new Rule(Part.FORWARD, count);
  }

  private static Rule backward(Count count) {
    return new Rule(Part.BACKWARD, count);
  }

  private static Rule update(Count count) {
    return new Rule(Part.UPDATE, count);
  }

  private static Count nothing() {
    return (op, in, out) -> 0;
  }

  private static long size(List<TensorSpec> specs, int i) {
    return specs.get(i).size();
  }

  private static long rows(TensorSpec x) {
    return x.shape().dim(0);
  }

  /** Multiply-adds per output element, and per element of its gradient: {@code I KH KW}. */
  private static long perOutput(TensorSpec weight) {
    return weight.size() / weight.shape().dim(0);
  }

  private static long square(long n) {
    return n * n;
  }

  /** Whether there is a rule for an op that becomes a kernel. */
  static boolean knows(Class<?> op) {
    return RULES.containsKey(op.getSimpleName()) || FusedOp.class.isAssignableFrom(op);
  }

  /** What an op is there for; {@link Part#OTHER} where no rule says it. */
  static Part part(Op op) {
    Rule rule = RULES.get(op.name());
    if (rule != null) {
      return rule.part();
    }
    String name = op.name();
    return name.endsWith("Update")
        ? Part.UPDATE
        : name.contains("Backward")
            ? Part.BACKWARD
            : op instanceof FusedOp ? Part.FORWARD : Part.OTHER;
  }

  /** The operations of an op. */
  static long operations(Op op, List<TensorSpec> in, List<TensorSpec> out) {
    Rule rule = RULES.get(op.name());
    if (rule != null) {
      return rule.count().of(op, in, out);
    }
    return op instanceof FusedOp fused ? constituents(fused, in) : size(out, 0);
  }

  private static long constituents(FusedOp op, List<TensorSpec> in) {
    List<Tensor> operands = new ArrayList<>();
    for (int i = 0; i < in.size(); i++) {
      operands.add(Tensor.placeholder("operand" + i, in.get(i)));
    }
    Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    operands.forEach(o -> seen.add(o.node()));
    Deque<Node> stack = new ArrayDeque<>();
    op.decompose(operands).forEach(t -> stack.push(t.node()));
    long sum = 0;
    while (!stack.isEmpty()) {
      Node node = stack.pop();
      if (seen.add(node)) {
        sum +=
            operations(
                node.op(),
                node.inputs().stream().map(Tensor::spec).toList(),
                node.outputs().stream().map(Tensor::spec).toList());
        node.inputs().forEach(t -> stack.push(t.node()));
      }
    }
    return sum;
  }
}
