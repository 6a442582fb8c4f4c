package io.earlybird.tensor.op;

import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * {@link BatchNormReluBackward} of an {@code x} that something else reads too, as a residual
 * block's does: {@code x [...,C]}, {@code dy [...,K]}, {@code other [...,C]}, {@code mean,
 * variance, gamma, beta [C]} to {@code dx + other [...,C]}, {@code dgamma [C]}, {@code dbeta [C]}.
 *
 * @param channels the K channels kept, or {@code null} for all
 */
public record BatchNormReluBackwardAdd(float epsilon, Channels channels) implements FusedOp {
  private static final int OTHER = 2;

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 7);
    Checks.same(this, in, 0, OTHER);
    return alone().infer(withoutOther(in));
  }

  @Override
  public List<Tensor> decompose(List<Tensor> in) {
    List<Tensor> results = new ArrayList<>(alone().decompose(withoutOther(in)));
    results.set(0, results.get(0).apply(new Add(), in.get(OTHER)));
    return results;
  }

  private BatchNormReluBackward alone() {
    return new BatchNormReluBackward(epsilon, channels);
  }

  private static <T> List<T> withoutOther(List<T> in) {
    List<T> rest = new ArrayList<>(in);
    rest.remove(OTHER);
    return rest;
  }
}
