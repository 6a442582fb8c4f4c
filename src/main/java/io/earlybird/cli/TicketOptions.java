package io.earlybird.cli;

import io.earlybird.tickets.EarlyBirdDetector.Rule;
import io.earlybird.training.TicketSettings;
import java.util.List;
import picocli.CommandLine.Option;

/** Which tickets are searched for. */
final class TicketOptions {
  @Option(
      names = "--ratios",
      paramLabel = "P",
      arity = "1..*",
      split = ",",
      preprocessor = LastGiven.class,
      defaultValue = "0.3,0.5,0.7",
      description =
          "Fractions of channels to prune, a detector for each. Default: ${DEFAULT-VALUE}.")
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
      names = "--limit",
      paramLabel = "D",
      defaultValue = "0.1",
      description = "Largest mask distance that passes. Default: ${DEFAULT-VALUE}.")
  private double limit;

  @Option(
      names = "--queue",
      paramLabel = "N",
      defaultValue = "5",
      description = "Masks that are compared. Default: ${DEFAULT-VALUE}.")
  private int queue;

  @Option(
      names = "--else-last",
      description = "Where no ticket was drawn, take the mask of the last epoch.")
  private boolean elseLast;

  /** The choice. */
  TicketSettings settings() {
    return new TicketSettings(ratios, rule, limit, queue, elseLast);
  }
}
