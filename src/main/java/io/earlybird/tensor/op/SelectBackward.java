package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** Gradient of {@link Select}: {@code dy [...,K]} to {@code [...,extent]}, zero elsewhere. */
public record SelectBackward(Channels channels, int extent) implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 1);
    var dy = in.get(0).shape();
    Checks.require(
        dy.dim(-1) == channels.count() && channels.fitInto(extent),
        this,
        in,
        channels.count() + " channels");
    return List.of(new TensorSpec(dy.withLast(extent), in.get(0).dtype()));
  }
}
