package io.earlybird.energy;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Joules that say where they come from. Measured and estimated joules never meet in a sum or a
 * ratio.
 *
 * @param joules not negative
 * @param source whether a meter counted them
 */
public record Energy(double joules, Source source) {
  /** Where joules come from. */
  public enum Source {
    /** A meter counted them. */
    MEASURED,
    /** They were calculated from operations and bytes. */
    ESTIMATED;

    /** As it stands in records. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Joules that a meter counted. */
  public static Energy measured(double joules) {
    return new Energy(joules, Source.MEASURED);
  }

  /** Joules that were calculated. */
  public static Energy estimated(double joules) {
    return new Energy(joules, Source.ESTIMATED);
  }

  /** Whether a meter counted them. */
  public boolean isMeasured() {
    return source == Source.MEASURED;
  }

  /**
   * The sum; empty if a part is missing, there is none, or their sources differ.
   *
   * @param parts a part without a figure is empty
   */
  public static Optional<Energy> sum(List<Optional<Energy>> parts) {
    if (parts.isEmpty() || parts.stream().anyMatch(Optional::isEmpty)) {
      return Optional.empty();
    }
    Source source = parts.get(0).get().source();
    if (parts.stream().anyMatch(p -> p.get().source() != source)) {
      return Optional.empty();
    }
    return Optional.of(new Energy(parts.stream().mapToDouble(p -> p.get().joules()).sum(), source));
  }

  /** These joules without a part of them, of the same source; never below 0. */
  public Optional<Energy> minus(Energy part) {
    return part.source == source
        ? Optional.of(new Energy(Math.max(0, joules - part.joules), source))
        : Optional.empty();
  }

  /** How many times the other these are; empty if the sources differ or the other is 0. */
  public OptionalDouble ratioTo(Energy other) {
    return other.source == source && other.joules > 0
        ? OptionalDouble.of(joules / other.joules)
        : OptionalDouble.empty();
  }
}
