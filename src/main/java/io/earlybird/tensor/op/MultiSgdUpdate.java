package io.earlybird.tensor.op;

import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * {@link AddSign} and {@link SgdUpdate} of many tensors in one pass. Operands: {@code w, m, g} of
 * each item, then {@code lr [1]}; results: {@code w', m'} of each item.
 */
public record MultiSgdUpdate(List<Item> items) implements FusedOp {
  /** What one tensor's update needs; {@code l1Scale} 0 means no L1 term. */
  public record Item(float momentum, float weightDecay, float l1Scale) {}

  /** Copies the list. */
  public MultiSgdUpdate {
    items = List.copyOf(items);
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 3 * items.size() + 1);
    Checks.vector(this, in, 3 * items.size(), 1);
    List<TensorSpec> out = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      Checks.same(this, in, 3 * i, 3 * i + 1);
      Checks.same(this, in, 3 * i, 3 * i + 2);
      out.add(in.get(3 * i));
      out.add(in.get(3 * i + 1));
    }
    return out;
  }

  @Override
  public List<Tensor> decompose(List<Tensor> in) {
    List<Tensor> out = new ArrayList<>();
    Tensor lr = in.get(3 * items.size());
    for (int i = 0; i < items.size(); i++) {
      Item item = items.get(i);
      Tensor w = in.get(3 * i);
      Tensor g = in.get(3 * i + 2);
      if (item.l1Scale() != 0) {
        g = g.apply(new AddSign(item.l1Scale()), w);
      }
      out.addAll(
          Node.of(
                  new SgdUpdate(item.momentum(), item.weightDecay()),
                  List.of(w, in.get(3 * i + 1), g, lr))
              .outputs());
    }
    return out;
  }

  @Override
  public String toString() {
    return "MultiSgdUpdate[" + items.size() + " tensors]";
  }
}
