package io.earlybird.autograd;

import static java.util.Arrays.asList;

import io.earlybird.tensor.Node;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.AvgPool2dBackward;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.LinearBackwardData;
import io.earlybird.tensor.op.LinearBackwardWeight;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.MaxPool2dBackward;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.Relu;
import io.earlybird.tensor.op.ReluBackward;
import io.earlybird.tensor.op.Reshape;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SelectBackward;
import io.earlybird.tensor.op.SoftmaxCrossEntropy;
import io.earlybird.tensor.op.SoftmaxCrossEntropyBackward;
import io.earlybird.tensor.op.StraightThrough;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One rule per differentiable op. */
final class GradientTable {
  private static final Map<Class<? extends Op>, GradientRule> RULES = rules();

  private GradientTable() {}

  /** The rule of an op, or {@code null} if it has none. */
  static GradientRule of(Op op) {
    return RULES.get(op.getClass());
  }

  private static Map<Class<? extends Op>, GradientRule> rules() {
    Map<Class<? extends Op>, GradientRule> r = new HashMap<>();
    r.put(Conv2d.class, GradientTable::conv2d);
    r.put(Linear.class, GradientTable::linear);
    r.put(BatchNorm.class, GradientTable::batchNorm);
    r.put(Relu.class, (n, dy) -> asList(n.output(0).apply(new ReluBackward(), dy.get(0))));
    r.put(Add.class, (n, dy) -> asList(dy.get(0), dy.get(0)));
    r.put(Select.class, GradientTable::select);
    r.put(Reshape.class, (n, dy) -> asList(dy.get(0).reshape(in(n, 0).shape().dims())));
    r.put(StraightThrough.class, GradientTable::straightThrough);
    r.put(MaxPool2d.class, GradientTable::maxPool2d);
    r.put(AvgPool2d.class, GradientTable::avgPool2d);
    r.put(SoftmaxCrossEntropy.class, GradientTable::softmaxCrossEntropy);
    return Map.copyOf(r);
  }

  private static Tensor in(Node n, int i) {
    return n.inputs().get(i);
  }

  private static List<Tensor> conv2d(Node n, List<Tensor> dy) {
    Conv2d op = (Conv2d) n.op();
    Shape x = in(n, 0).shape();
    Shape w = in(n, 1).shape();
    Tensor g = dy.get(0);
    return asList(
        g.apply(new Conv2dBackwardData(op.stride(), op.padding(), x.dim(1), x.dim(2)), in(n, 1)),
        in(n, 0).apply(new Conv2dBackwardWeight(op.stride(), op.padding(), w.dim(2), w.dim(3)), g));
  }

  private static List<Tensor> linear(Node n, List<Tensor> dy) {
    Tensor g = dy.get(0);
    Node weight = in(n, 0).applyNode(new LinearBackwardWeight(), null, g);
    return asList(g.apply(new LinearBackwardData(), in(n, 1)), weight.output(0), weight.output(1));
  }

  private static List<Tensor> batchNorm(Node n, List<Tensor> dy) {
    if (dy.get(1) != null || dy.get(2) != null) {
      throw new IllegalArgumentException("BatchNorm: its statistics are not differentiable");
    }
    return Node.of(
            new BatchNormBackward(((BatchNorm) n.op()).epsilon()),
            List.of(in(n, 0), dy.get(0), n.output(1), n.output(2), in(n, 1)))
        .outputs();
  }

  private static List<Tensor> select(Node n, List<Tensor> dy) {
    var op = new SelectBackward(((Select) n.op()).channels(), in(n, 0).shape().dim(-1));
    return asList(dy.get(0).apply(op));
  }

  private static List<Tensor> straightThrough(Node n, List<Tensor> dy) {
    StraightThrough op = (StraightThrough) n.op();
    Tensor g = dy.get(0);
    if (op.isStochastic()) {
      return asList(op.error().apply(g, in(n, 2)), null, null);
    }
    return asList(op.error() == null ? g : op.error().apply(g, null), null);
  }

  private static List<Tensor> maxPool2d(Node n, List<Tensor> dy) {
    MaxPool2d op = (MaxPool2d) n.op();
    Shape x = in(n, 0).shape();
    var back = new MaxPool2dBackward(op.kernel(), op.stride(), op.padding(), x.dim(1), x.dim(2));
    return asList(dy.get(0).apply(back, n.output(1)));
  }

  private static List<Tensor> avgPool2d(Node n, List<Tensor> dy) {
    AvgPool2d op = (AvgPool2d) n.op();
    Shape x = in(n, 0).shape();
    return asList(
        dy.get(0).apply(new AvgPool2dBackward(op.kernel(), op.stride(), x.dim(1), x.dim(2))));
  }

  private static List<Tensor> softmaxCrossEntropy(Node n, List<Tensor> dy) {
    if (dy.get(1) != null) {
      throw new IllegalArgumentException(
          "SoftmaxCrossEntropy: its probabilities are not differentiable");
    }
    return asList(n.output(1).apply(new SoftmaxCrossEntropyBackward(), in(n, 1), dy.get(0)), null);
  }
}
