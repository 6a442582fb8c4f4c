package io.earlybird.optim;

import io.earlybird.EarlybirdException;
import java.util.List;
import java.util.Optional;

/**
 * A learning rate that is multiplied by {@code gamma} at the start of each milestone epoch.
 *
 * @param initial learning rate of epoch 0
 * @param milestones epoch indexes, ascending
 * @param gamma factor at each milestone
 */
public record StepSchedule(double initial, List<Integer> milestones, double gamma) {
  /** The factor of the paper. */
  public static final double GAMMA = 0.1;

  /**
   * Checks the values.
   *
   * @throws EarlybirdException if a milestone is negative, repeated or out of order, or a rate or
   *     factor is not a positive number
   */
  public StepSchedule {
    milestones = List.copyOf(milestones);
    if (!(initial > 0) || Double.isInfinite(initial)) {
      throw new EarlybirdException("learning rate: expected a positive number, got " + initial);
    }
    if (!(gamma > 0) || Double.isInfinite(gamma)) {
      throw new EarlybirdException(
          "learning rate factor: expected a positive number, got " + gamma);
    }
    for (int i = 0; i < milestones.size(); i++) {
      int m = milestones.get(i);
      String wrong =
          m < 0
              ? "is negative"
              : i > 0 && m == milestones.get(i - 1)
                  ? "is repeated"
                  : i > 0 && m < milestones.get(i - 1) ? "comes after a later one" : null;
      if (wrong != null) {
        throw new EarlybirdException(
            "milestones: expected ascending epochs from 0, but " + m + " " + wrong);
      }
    }
  }

  /** A schedule with the paper's factor 0.1. */
  public static StepSchedule of(double initial, List<Integer> milestones) {
    return new StepSchedule(initial, milestones, GAMMA);
  }

  /** The learning rate of an epoch, counted from 0; a product formed in the original's order. */
  public float at(int epoch) {
    double rate = initial;
    for (int m : milestones) {
      if (m <= epoch) {
        rate *= gamma;
      }
    }
    return (float) rate;
  }

  /** A line for the user if milestones lie beyond the last of {@code epochs} epochs. */
  public Optional<String> warning(int epochs) {
    List<Integer> unused = milestones.stream().filter(m -> m >= epochs).toList();
    return unused.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "the learning rate will not fall at "
                + unused
                + ": training ends after "
                + epochs
                + " epochs");
  }
}
