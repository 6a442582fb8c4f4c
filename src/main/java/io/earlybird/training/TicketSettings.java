package io.earlybird.training;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.earlybird.EarlybirdException;
import io.earlybird.tickets.EarlyBirdDetector;
import java.util.HashSet;
import java.util.List;

/**
 * Which tickets are searched for; the names are those of the command line's options.
 *
 * @param ratios fractions of channels to prune, each with a detector of its own
 * @param rule which mask distances must be small
 * @param limit largest distance that passes
 * @param queue masks that are compared
 * @param elseLast whether a ratio that was not drawn takes the mask of the last epoch
 */
public record TicketSettings(
    List<Double> ratios, EarlyBirdDetector.Rule rule, double limit, int queue, boolean elseLast) {
  /**
   * Checks the values.
   *
   * @throws EarlybirdException if a ratio is outside [0,1) or given twice, or another value is out
   *     of its range
   */
  public TicketSettings {
    ratios = List.copyOf(ratios);
    if (ratios.isEmpty()) {
      throw new EarlybirdException("--ratios needs at least one ratio");
    }
    for (double ratio : ratios) {
      new EarlyBirdDetector.Settings(ratio, limit, queue, rule);
    }
    if (new HashSet<>(ratios).size() < ratios.size()) {
      throw new EarlybirdException("--ratios: a ratio is given twice: " + ratios);
    }
  }

  /** Masks that a detector remembers. */
  @JsonIgnore
  public int masks() {
    return detectors().get(0).masks();
  }

  /** One detector per ratio. */
  @JsonIgnore
  public List<EarlyBirdDetector.Settings> detectors() {
    return ratios.stream()
        .map(ratio -> new EarlyBirdDetector.Settings(ratio, limit, queue, rule))
        .toList();
  }
}
