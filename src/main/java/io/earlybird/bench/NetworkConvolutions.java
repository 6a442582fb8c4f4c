package io.earlybird.bench;

import io.earlybird.bench.KernelBench.Result;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.nn.ForwardPass;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Op;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The convolutions of whole networks: every shape once, in all three products. */
public final class NetworkConvolutions {
  private static final int CLASSES = 10;

  private NetworkConvolutions() {}

  /** Those of VGG-16 and PreResNet-101 on 32x32 pictures, for a batch. */
  public static List<KernelCase> of(int batch) {
    Set<KernelCase> cases = new LinkedHashSet<>();
    for (NetworkSpec spec :
        List.of(NetworkSpec.of("vgg", 16, CLASSES), NetworkSpec.of("resnet", 101, CLASSES))) {
      cases.addAll(of(Network.of(spec), batch));
    }
    return List.copyOf(cases);
  }

  private static List<KernelCase> of(Network network, int batch) {
    Tensor x = Tensor.placeholder("x", network.inputSpec(batch));
    Deque<Node> stack = new ArrayDeque<>();
    stack.push(network.forward(x, ForwardPass.evaluation()).node());
    Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    List<List<KernelCase>> layers = new ArrayList<>();
    while (!stack.isEmpty()) {
      Node node = stack.pop();
      if (seen.add(node)) {
        if (node.op() instanceof Conv2d conv) {
          layers.add(products(conv, node.inputs().get(0).spec(), node.inputs().get(1).spec()));
        }
        node.inputs().forEach(in -> stack.push(in.node()));
      }
    }
    Collections.reverse(layers); // first layers first
    return layers.stream().flatMap(List::stream).toList();
  }

  private static List<KernelCase> products(Conv2d conv, TensorSpec x, TensorSpec w) {
    TensorSpec y = conv.infer(List.of(x, w)).get(0);
    int height = x.shape().dim(1);
    int width = x.shape().dim(2);
    return List.of(
        kernel(conv, x, w),
        kernel(new Conv2dBackwardData(conv.stride(), conv.padding(), height, width), y, w),
        kernel(
            new Conv2dBackwardWeight(
                conv.stride(), conv.padding(), w.shape().dim(2), w.shape().dim(3)),
            x,
            y));
  }

  private static KernelCase kernel(Op op, TensorSpec first, TensorSpec second) {
    return new KernelCase(op, List.of(first, second), List.of(), false);
  }

  /**
   * Geometric mean of the rates of some products, in nominal GFLOP/s; NaN without any.
   *
   * @param op which of the three, or all of them for {@code null}
   */
  public static double geometricMean(List<Result> results, Class<? extends Op> op) {
    return Math.exp(
        results.stream()
            .filter(r -> op == null || op.isInstance(r.kernel().op()))
            .mapToDouble(r -> Math.log(r.gflopPerSecond()))
            .average()
            .orElse(Double.NaN));
  }
}
