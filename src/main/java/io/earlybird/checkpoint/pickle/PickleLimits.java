package io.earlybird.checkpoint.pickle;

import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes sure that whoever walks over a value comes to an end soon. A pickle of a few bytes can hold
 * a list that contains itself, or lists of lists that double at every level.
 */
final class PickleLimits {
  private static final long IN_PROGRESS = -1;

  private final int maxDepth;
  private final long maxItems;
  private final Map<Object, Long> known = new IdentityHashMap<>();

  private PickleLimits(int maxDepth, long maxItems) {
    this.maxDepth = maxDepth;
    this.maxItems = maxItems;
  }

  /**
   * Checks a value.
   *
   * @throws IllegalArgumentException if it is too deep, contains itself or has too many items
   */
  static void check(Object value, int maxDepth, long maxItems) {
    PickleLimits limits = new PickleLimits(maxDepth, maxItems);
    limits.measure(value, 0);
  }

  /** Packs a value's number of items (shared ones counted each time) and its own depth. */
  private record Size(long items, int depth) {}

  private Size measure(Object value, int depth) {
    if (depth > maxDepth) {
      throw new IllegalArgumentException("values are nested deeper than " + maxDepth);
    }
    Collection<?> parts = parts(value);
    if (parts == null || parts.isEmpty()) {
      return new Size(1, 0);
    }
    Long packed = known.put(value, IN_PROGRESS);
    if (packed != null && packed == IN_PROGRESS) {
      throw new IllegalArgumentException("a value contains itself");
    }
    Size size;
    if (packed != null) {
      size = new Size(packed >> 8, (int) (packed & 0xFF));
      if (depth + size.depth() > maxDepth) {
        throw new IllegalArgumentException("values are nested deeper than " + maxDepth);
      }
    } else {
      size = sum(parts, depth);
    }
    known.put(value, size.items() << 8 | size.depth());
    return size;
  }

  private Size sum(Collection<?> parts, int depth) {
    long items = 1;
    int deepest = 0;
    for (Object part : parts) {
      Size size = measure(part, depth + 1);
      items += size.items();
      deepest = Math.max(deepest, size.depth() + 1);
      if (items > maxItems) {
        throw new IllegalArgumentException("a value has more than " + maxItems + " items");
      }
    }
    return new Size(items, deepest);
  }

  private static Collection<?> parts(Object value) {
    if (value instanceof PickleTuple tuple) {
      return tuple.items();
    } else if (value instanceof List<?> list) {
      return list;
    }
    return value instanceof PickleDict dict ? dict.entries().values() : null;
  }
}
