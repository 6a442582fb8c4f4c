package io.earlybird.data;

import java.util.Locale;

/** The two parts of a data set. */
public enum Split {
  TRAIN,
  TEST;

  /** {@code train} or {@code test}, as it stands in messages and in names of random streams. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
