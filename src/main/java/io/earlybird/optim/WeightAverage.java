package io.earlybird.optim;

import io.earlybird.tensor.Assign;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.UpdateAverage;
import java.util.ArrayList;
import java.util.List;

/**
 * The running average of a network's weights over many points of its training, in full precision
 * (Izmailov et al. 2018; SWALP, section 3.2): the n-th network counts 1/n. Batch norm's statistics
 * are not averaged but taken anew, with {@link #statisticsShare}.
 */
public final class WeightAverage {
  private final Variable share;
  private final List<Assign> assigns = new ArrayList<>();

  /**
   * Declares the average.
   *
   * @param weights the parameters that are trained
   * @param averages where their averages live, in the same order
   */
  public WeightAverage(List<Variable> weights, List<Variable> averages) {
    if (weights.size() != averages.size()) {
      throw new IllegalArgumentException(
          weights.size() + " weights, but " + averages.size() + " averages");
    }
    share = new Variable("average.share", TensorSpec.f32(1), Variable.Kind.CONTROL);
    for (int i = 0; i < weights.size(); i++) {
      Tensor next =
          averages.get(i).read().apply(new UpdateAverage(1), weights.get(i).read(), share.read());
      assigns.add(averages.get(i).assign(next));
    }
  }

  /** What the newest network counts, {@code [1]}; to be written before {@link #assigns} run. */
  public Variable share() {
    return share;
  }

  /** The averages take in the present weights. */
  public List<Assign> assigns() {
    return List.copyOf(assigns);
  }

  /**
   * What the next network counts when so many are averaged already.
   *
   * @throws IllegalArgumentException if there are fewer than none
   */
  public static float shareOf(int models) {
    if (models < 0) {
      throw new IllegalArgumentException(
          "an average of " + models + " networks: expected 0 or more");
    }
    return (float) (1.0 / (models + 1));
  }

  /**
   * Batch norm's momentum that makes running statistics the mean over all pictures so far.
   *
   * @param batch pictures in the batch
   * @param seen pictures before it
   */
  public static float statisticsShare(int batch, int seen) {
    return (float) (batch / ((double) seen + batch));
  }
}
