package io.earlybird.doctor;

import java.util.Objects;

/**
 * One thing that was looked for.
 *
 * @param area what it belongs to, such as {@code CUDA}
 * @param name what it is, such as {@code cuDNN}
 * @param status whether it is there
 * @param required whether earlybird cannot run without it
 * @param detail what was found: version, place, amount; or why nothing
 * @param advice what to do, one line; empty if there is nothing to do
 */
public record Finding(
    String area, String name, Status status, boolean required, String detail, String advice) {
  /** Whether a thing is there. */
  public enum Status {
    /** Found and usable. */
    OK,
    /** Found, but something about it needs attention. */
    WARN,
    /** Not found. */
    MISSING
  }

  /** Checks that nothing is null. */
  public Finding {
    Objects.requireNonNull(area);
    Objects.requireNonNull(name);
    Objects.requireNonNull(status);
    Objects.requireNonNull(detail);
    Objects.requireNonNull(advice);
  }

  static Finding ok(String area, String name, String detail) {
    return new Finding(area, name, Status.OK, false, detail, "");
  }

  static Finding warn(String area, String name, String detail, String advice) {
    return new Finding(area, name, Status.WARN, false, detail, advice);
  }

  static Finding missing(String area, String name, String detail, String advice) {
    return new Finding(area, name, Status.MISSING, false, detail, advice);
  }

  /** The same as something that earlybird cannot run without. */
  Finding asRequired() {
    return new Finding(area, name, status, true, detail, advice);
  }

  /** Whether earlybird cannot run because of this. */
  public boolean blocks() {
    return required && status == Status.MISSING;
  }
}
