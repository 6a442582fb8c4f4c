package io.earlybird.verify;

import io.earlybird.autograd.Gradients;
import io.earlybird.backend.reference.ReferenceGraph;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;

/**
 * Compares gradients from the gradient table with central differences of {@code <dy, y>}, all in
 * double: {@code |analytic - numeric| <= 1e-6 max(1, largest gradient)}.
 */
final class GradientCheck {
  private static final double STEP = 1e-5;
  private static final double TOLERANCE = 1e-6;

  /** Elements of one operand that are moved; all of them if there are no more. */
  private static final int PROBES = 24;

  private final List<HostTensor> inputs;
  private final List<Tensor> operands = new ArrayList<>();
  private final Tensor result;
  private final HostTensor dy;
  private final Random random;
  private double worstShare;

  /**
   * A check.
   *
   * @param inputs operands; floating-point ones as F64
   * @param graph builds the result from them
   */
  GradientCheck(List<HostTensor> inputs, Function<List<Tensor>, Tensor> graph, long seed) {
    this.inputs = inputs;
    this.random = new Random(seed);
    for (HostTensor input : inputs) {
      boolean floating = input.dtype().isFloating();
      operands.add(
          Tensor.placeholder(
              "operand", new TensorSpec(input.shape(), floating ? DType.F32 : input.dtype())));
    }
    result = graph.apply(operands);
    Shape shape = result.shape();
    dy =
        HostTensor.ofDoubles(
            new TensorSpec(shape, DType.F64), random.doubles(shape.size(), -1, 1).toArray());
  }

  /** Largest share of the tolerance that was used. */
  double worstShare() {
    return worstShare;
  }

  /** The first gradient that differs, described, or {@code null}. */
  String run() {
    List<Tensor> wanted = operands.stream().filter(t -> t.spec().dtype().isFloating()).toList();
    Tensor seed = Tensor.placeholder("dy", result.spec());
    Gradients gradients = Gradients.of(result, seed, wanted);
    Map<Tensor, HostTensor> feeds = feeds();
    feeds.put(seed, dy);
    List<HostTensor> values =
        ReferenceGraph.evaluate(wanted.stream().map(gradients::of).toList(), feeds, DType.F64);
    for (int i = 0; i < wanted.size(); i++) {
      String difference = compare(wanted.get(i), values.get(i));
      if (difference != null) {
        return difference;
      }
    }
    return null;
  }

  private Map<Tensor, HostTensor> feeds() {
    Map<Tensor, HostTensor> feeds = new IdentityHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      feeds.put(operands.get(i), inputs.get(i));
    }
    return feeds;
  }

  private String compare(Tensor operand, HostTensor gradient) {
    int size = Math.toIntExact(operand.spec().size());
    double largest = 1;
    for (int i = 0; i < size; i++) {
      largest = Math.max(largest, Math.abs(gradient.get(i)));
    }
    for (int k = 0; k < Math.min(size, PROBES); k++) {
      int at = size <= PROBES ? k : random.nextInt(size);
      double numeric = (along(operand, at, STEP) - along(operand, at, -STEP)) / (2 * STEP);
      double share = Math.abs(gradient.get(at) - numeric) / (TOLERANCE * largest);
      worstShare = Math.max(worstShare, share);
      if (!(share <= 1)) {
        return String.format(
            "gradient of operand %d at %s is %s, finite differences give %s",
            operands.indexOf(operand),
            Comparison.index(operand.shape(), at),
            gradient.get(at),
            numeric);
      }
    }
    return null;
  }

  /** {@code <dy, y>} with one element of one operand moved. */
  private double along(Tensor operand, int at, double step) {
    HostTensor value = inputs.get(operands.indexOf(operand));
    double[] moved = value.doubles();
    moved[at] += step;
    Map<Tensor, HostTensor> feeds = feeds();
    feeds.put(operand, HostTensor.ofDoubles(value.spec(), moved));
    double[] y = ReferenceGraph.evaluate(List.of(result), feeds, DType.F64).get(0).doubles();
    double sum = 0;
    for (int i = 0; i < y.length; i++) {
      sum += dy.get(i) * y[i];
    }
    return sum;
  }
}
