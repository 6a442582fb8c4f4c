package io.earlybird.cli;

import io.earlybird.tickets.EarlyBirdDetector.Rule;
import io.earlybird.training.TicketSettings;
import java.util.List;
import picocli.CommandLine.Option;

/** How tickets are looked for in finished searches. */
final class DetectionOptions {
  @Option(
      names = {"--ratios", "--percent"},
      paramLabel = "P",
      split = ",",
      preprocessor = LastGiven.class,
      defaultValue = "0.3,0.5,0.7",
      description = "Fractions of channels to prune. Default: ${DEFAULT-VALUE}.")
  private List<Double> ratios;

  @Option(
      names = "--rule",
      paramLabel = "RULE",
      defaultValue = "queue",
      description =
          "Which mask distances must be small: of the newest mask to the others in the queue"
              + " (queue), or of consecutive epochs (consecutive). Default: ${DEFAULT-VALUE}.")
  private Rule rule;

  @Option(
      names = "--queue",
      paramLabel = "N",
      defaultValue = "5",
      description = "Masks that are compared. Default: ${DEFAULT-VALUE}.")
  private int queue;

  /** The choice for one limit. */
  TicketSettings settings(double limit) {
    return new TicketSettings(ratios, rule, limit, queue, false);
  }
}
