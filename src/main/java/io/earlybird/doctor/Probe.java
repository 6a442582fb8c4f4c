package io.earlybird.doctor;

import java.util.List;

/** Looks at one side of a machine. */
@FunctionalInterface
interface Probe {
  /** What is there and what is not, in the order in which it is shown; never throws for a gap. */
  List<Finding> look(Host host);
}
