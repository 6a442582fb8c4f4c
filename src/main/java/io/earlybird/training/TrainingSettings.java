package io.earlybird.training;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.earlybird.EarlybirdException;
import io.earlybird.optim.Sgd;
import io.earlybird.optim.StepSchedule;
import java.util.List;

/**
 * How a network is trained; the names are those of the command line's options.
 *
 * @param epochs epochs in all
 * @param batchSize images per training batch
 * @param testBatchSize images per evaluation batch
 * @param schedule epochs at whose start the learning rate falls to a tenth
 * @param lr learning rate of the first epoch
 * @param momentum share of the old momentum kept in a step
 * @param weightDecay L2 factor for every parameter
 * @param sr whether the L1 subgradient on batch-norm scales is added
 * @param s its factor
 * @param seed key of everything random
 */
public record TrainingSettings(
    int epochs,
    int batchSize,
    int testBatchSize,
    List<Integer> schedule,
    double lr,
    double momentum,
    double weightDecay,
    boolean sr,
    double s,
    long seed) {
  /**
   * Checks the values.
   *
   * @throws EarlybirdException naming the option and what it expects
   */
  public TrainingSettings {
    atLeastOne("--epochs", epochs);
    atLeastOne("--batch-size", batchSize);
    atLeastOne("--test-batch-size", testBatchSize);
    fraction("--momentum", momentum);
    notNegative("--weight-decay", weightDecay);
    notNegative("--s", s);
    schedule = List.copyOf(schedule);
    StepSchedule.of(lr, schedule);
  }

  private static void atLeastOne(String option, int value) {
    if (value < 1) {
      throw new EarlybirdException(option + " must be at least 1, not " + value);
    }
  }

  private static void fraction(String option, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new EarlybirdException(option + " must be in [0,1), not " + value);
    }
  }

  private static void notNegative(String option, double value) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new EarlybirdException(option + " must be at least 0, not " + value);
    }
  }

  /** The same with another seed. */
  TrainingSettings withSeed(long other) {
    return new TrainingSettings(
        epochs, batchSize, testBatchSize, schedule, lr, momentum, weightDecay, sr, s, other);
  }

  /** The same with another learning rate. */
  TrainingSettings withRate(double rate, List<Integer> milestones) {
    return new TrainingSettings(
        epochs, batchSize, testBatchSize, milestones, rate, momentum, weightDecay, sr, s, seed);
  }

  /** The learning rate by epoch. */
  @JsonIgnore
  public StepSchedule stepSchedule() {
    return StepSchedule.of(lr, schedule);
  }

  /** What a trainer needs. */
  @JsonIgnore
  public Recipe recipe() {
    return new Recipe(
        batchSize,
        testBatchSize,
        stepSchedule(),
        new Sgd.Settings((float) momentum, (float) weightDecay, sr ? (float) s : 0f),
        seed);
  }
}
