package io.earlybird.backend;

/**
 * Whether a backend can run an op.
 *
 * @param ok yes or no
 * @param reason why not, for people; empty if it can
 */
public record Support(boolean ok, String reason) {
  /** It can. */
  public static final Support YES = new Support(true, "");

  /** It cannot, because. */
  public static Support no(String reason) {
    return new Support(false, reason);
  }
}
