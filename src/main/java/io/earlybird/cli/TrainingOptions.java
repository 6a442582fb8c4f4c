package io.earlybird.cli;

import io.earlybird.training.TrainingSettings;
import java.util.List;
import picocli.CommandLine.Option;

/** How a network is trained. */
final class TrainingOptions {
  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "160",
      description = "Epochs in all. Default: ${DEFAULT-VALUE}.")
  private int epochs;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "64",
      description = "Pictures per training batch. Default: ${DEFAULT-VALUE}.")
  private int batchSize;

  @Option(
      names = "--test-batch-size",
      paramLabel = "N",
      defaultValue = "256",
      description = "Pictures per test batch. Default: ${DEFAULT-VALUE}.")
  private int testBatchSize;

  @Option(
      names = "--schedule",
      paramLabel = "EPOCH",
      arity = "1..*",
      split = ",",
      preprocessor = LastGiven.class,
      defaultValue = "80,120",
      description =
          "Epochs at whose start the learning rate falls to a tenth. Default: ${DEFAULT-VALUE}.")
  private List<Integer> schedule;

  @Option(
      names = "--lr",
      paramLabel = "LR",
      defaultValue = "0.1",
      description = "Learning rate of the first epoch. Default: ${DEFAULT-VALUE}.")
  private double lr;

  @Option(
      names = "--momentum",
      paramLabel = "M",
      defaultValue = "0.9",
      description = "SGD momentum. Default: ${DEFAULT-VALUE}.")
  private double momentum;

  @Option(
      names = {"--weight-decay", "--wd"},
      paramLabel = "W",
      defaultValue = "1e-4",
      description = "Weight decay. Default: ${DEFAULT-VALUE}.")
  private double weightDecay;

  @Option(
      names = {"-sr", "--sr", "--sparsity-regularization"},
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Add s * sign(scale) to the gradient of batch-norm scales; the method needs it."
              + " Default: ${DEFAULT-VALUE}.")
  private boolean sr;

  @Option(
      names = "--s",
      paramLabel = "S",
      defaultValue = "1e-4",
      description = "The s of --sr. Default: ${DEFAULT-VALUE}.")
  private double s;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of everything random. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--val-split",
      paramLabel = "FRACTION|N",
      description =
          "Hold back so many training pictures and judge epochs by them, not by test pictures.")
  private String valSplit;

  /** Training pictures that are held back, or null. */
  String valSplit() {
    return valSplit;
  }

  /** The choice. */
  TrainingSettings settings() {
    return new TrainingSettings(
        epochs, batchSize, testBatchSize, schedule, lr, momentum, weightDecay, sr, s, seed);
  }
}
