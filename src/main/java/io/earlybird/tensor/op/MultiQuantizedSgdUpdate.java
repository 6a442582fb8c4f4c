package io.earlybird.tensor.op;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.format.BlockFloat;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * {@link MultiSgdUpdate} in low precision: the gradient, its L1 term included, is rounded before
 * the update, and the new weight and the new momentum are after it. Operands: {@code w, m, g} of
 * each item, then {@code lr [1]} and, where an item rounds stochastically, {@code step [1]} (I64);
 * results: {@code w', m'} of each item.
 */
public record MultiQuantizedSgdUpdate(List<Item> items) implements FusedOp {
  /**
   * What one tensor's update needs; a quantizer is {@code null} where nothing is rounded.
   *
   * @param update the update in full precision
   * @param gradient rounds the gradient
   * @param weight rounds the new weight
   * @param momentum rounds the new momentum, which has moved the weight already
   */
  public record Item(
      MultiSgdUpdate.Item update, Quantize gradient, Quantize weight, Quantize momentum) {
    /** Those that there are. */
    public List<Quantize> quantizers() {
      return Stream.of(gradient, weight, momentum).filter(Objects::nonNull).toList();
    }
  }

  /** Copies the list. */
  public MultiQuantizedSgdUpdate {
    items = List.copyOf(items);
  }

  /** Whether there is a {@code step} operand. */
  public boolean isStochastic() {
    return quantizers().anyMatch(Quantize::isStochastic);
  }

  /** Key of the random numbers; 0 where there are none. */
  public long seed() {
    return quantizers().mapToLong(Quantize::seed).findFirst().orElse(0);
  }

  /**
   * Whether every tensor is rounded row by row with one key: block floating point, an exponent for
   * each index of dimension 0. Kernels need it so.
   */
  public boolean isByRows() {
    return quantizers().allMatch(q -> q.format() instanceof BlockFloat b && b.blockDimension() == 0)
        && quantizers().map(Quantize::rounding).distinct().count() <= 1
        && quantizers().mapToLong(Quantize::seed).distinct().count() <= 1;
  }

  /** What {@link #isByRows} asks for, in words. */
  public static String rowsWanted() {
    return "block floating point by dimension 0, one kind of rounding and one seed";
  }

  /** Blocks of a tensor that is rounded row by row. */
  public static long rows(Shape shape) {
    return shape.rank() == 0 ? 1 : shape.dim(0);
  }

  private Stream<Quantize> quantizers() {
    return items.stream().flatMap(i -> i.quantizers().stream());
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    int rate = 3 * items.size();
    Checks.count(this, in, rate + (isStochastic() ? 2 : 1));
    if (isStochastic()) {
      Checks.vector(this, in, rate + 1, 1);
      Checks.dtype(this, in, rate + 1, DType.I64);
    }
    for (int i = 0; i < items.size(); i++) {
      for (Quantize q : items.get(i).quantizers()) {
        TensorSpec w = in.get(3 * i);
        q.infer(q.isStochastic() ? List.of(w, in.get(rate + 1)) : List.of(w));
      }
    }
    List<MultiSgdUpdate.Item> updates = items.stream().map(Item::update).toList();
    return new MultiSgdUpdate(updates).infer(in.subList(0, rate + 1));
  }

  @Override
  public List<Tensor> decompose(List<Tensor> in) {
    int rate = 3 * items.size();
    Tensor step = isStochastic() ? in.get(rate + 1) : null;
    List<Tensor> out = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      Item item = items.get(i);
      Tensor w = in.get(3 * i);
      Tensor g = in.get(3 * i + 2);
      if (item.update().l1Scale() != 0) {
        g = g.apply(new AddSign(item.update().l1Scale()), w);
      }
      MultiSgdUpdate.Item plain =
          new MultiSgdUpdate.Item(item.update().momentum(), item.update().weightDecay(), 0);
      List<Tensor> updated =
          new MultiSgdUpdate(List.of(plain))
              .decompose(
                  List.of(w, in.get(3 * i + 1), rounded(item.gradient(), g, step), in.get(rate)));
      out.add(rounded(item.weight(), updated.get(0), step));
      out.add(rounded(item.momentum(), updated.get(1), step));
    }
    return out;
  }

  private static Tensor rounded(Quantize quantize, Tensor x, Tensor step) {
    return quantize == null ? x : quantize.apply(x, step);
  }

  @Override
  public String toString() {
    return "MultiQuantizedSgdUpdate[" + items.size() + " tensors]";
  }
}
