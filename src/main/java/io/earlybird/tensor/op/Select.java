package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** Channel selection: {@code x [...,C]} to {@code [...,K]}, the K listed channels. */
public record Select(Channels channels) implements Op {
  /** Selects the given channels. */
  public Select(int... channels) {
    this(Channels.of(channels));
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 1);
    var x = in.get(0).shape();
    Checks.require(channels.fitInto(x.dim(-1)), this, in, "channels below " + x.dim(-1));
    return List.of(new TensorSpec(x.withLast(channels.count()), in.get(0).dtype()));
  }
}
