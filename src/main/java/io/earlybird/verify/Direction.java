package io.earlybird.verify;

import java.util.Locale;

/** What a row of the report is about. */
public enum Direction {
  /** A forward op against the reference. */
  FORWARD,
  /** A gradient op against the reference. */
  BACKWARD,
  /** An op of the training step (batch, metrics, updates) against the reference. */
  STEP,
  /** A gradient rule against finite differences in double. */
  GRADIENT;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
