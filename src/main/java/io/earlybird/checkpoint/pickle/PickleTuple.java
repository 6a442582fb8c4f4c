package io.earlybird.checkpoint.pickle;

import java.util.List;

/**
 * A tuple, as opposed to a list.
 *
 * @param items may hold nulls, for None
 */
public record PickleTuple(List<Object> items) {
  /** Number of items. */
  public int size() {
    return items.size();
  }

  /** Item i, null for None. */
  public Object get(int i) {
    return items.get(i);
  }
}
