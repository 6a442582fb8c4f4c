package io.earlybird.checkpoint;

import io.earlybird.EarlybirdException;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which full checkpoints of a search stay on disk ({@code --keep all|best|last|N}). The newest one
 * always stays, so that the run can be resumed. Tickets are not counted: they always stay.
 */
public final class KeepPolicy {
  private final String text;
  private final int newest;
  private final boolean best;

  private KeepPolicy(String text, int newest, boolean best) {
    this.text = text;
    this.newest = newest;
    this.best = best;
  }

  /**
   * Reads a policy: {@code all}, {@code best} (and the newest), {@code last}, or the number of the
   * newest ones to keep.
   *
   * @throws EarlybirdException if it is none of these
   */
  public static KeepPolicy parse(String text) {
    switch (text) {
      case "all":
        return new KeepPolicy(text, Integer.MAX_VALUE, false);
      case "best":
        return new KeepPolicy(text, 1, true);
      case "last":
        return new KeepPolicy(text, 1, false);
      default:
        if (text.matches("[1-9]\\d{0,8}")) {
          return new KeepPolicy(text, Integer.parseInt(text), false);
        }
        throw new EarlybirdException(
            "keep '" + text + "': expected all, best, last or a number of at least 1");
    }
  }

  /**
   * The checkpoints to remove.
   *
   * @param saved epochs that have a checkpoint
   * @param bestEpoch epoch of the best accuracy so far; any other number if there is none
   */
  public SortedSet<Integer> surplus(SortedSet<Integer> saved, int bestEpoch) {
    TreeSet<Integer> surplus = new TreeSet<>(saved);
    for (int kept = 0; kept < newest && !surplus.isEmpty(); kept++) {
      surplus.pollLast();
    }
    if (best) {
      surplus.remove(bestEpoch);
    }
    return surplus;
  }

  /** The policy as it was given. */
  @Override
  public String toString() {
    return text;
  }
}
