package io.earlybird.energy;

import java.util.List;
import java.util.Locale;

/** What a meter's joules are the energy of. It decides which meters add up to a total. */
public enum Scope {
  /** The whole machine, at the plug: it is the total, and nothing is added to it. */
  MACHINE,
  /** The platform as the processor sees it (RAPL's psys), packages and more: see {@link #total}. */
  PLATFORM,
  /** A processor package. */
  PROCESSOR,
  /** Memory modules. */
  MEMORY,
  /** A graphics card. */
  GPU;

  /** As it stands in records. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The scopes that a total is the sum of, so that no joule counts twice: the machine alone where
   * it is metered; else packages, memory and GPUs. The platform contains packages and, on some
   * machines, memory: it counts only where no package is metered, and then without memory.
   *
   * @param present scopes of the meters that there are
   */
  static List<Scope> total(List<Scope> present) {
    if (present.contains(MACHINE)) {
      return List.of(MACHINE);
    }
    return present.contains(PLATFORM) && !present.contains(PROCESSOR)
        ? List.of(PLATFORM, GPU)
        : List.of(PROCESSOR, MEMORY, GPU);
  }
}
