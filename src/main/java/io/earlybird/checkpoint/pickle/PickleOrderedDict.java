package io.earlybird.checkpoint.pickle;

import java.util.List;

/** Python's {@code collections.OrderedDict}; attributes set on it are not kept. */
public final class PickleOrderedDict extends PickleDict implements PickleGlobal.Buildable {
  private PickleOrderedDict() {}

  /** {@code OrderedDict()} or, as Python 2 wrote it, {@code OrderedDict([[key, value], …])}. */
  static PickleOrderedDict of(PickleTuple arguments) {
    PickleOrderedDict dict = new PickleOrderedDict();
    if (arguments.size() == 0) {
      return dict;
    }
    if (arguments.size() > 1 || !(arguments.get(0) instanceof List<?> pairs)) {
      throw new IllegalArgumentException("an OrderedDict is not made from a list of pairs");
    }
    for (Object pair : pairs) {
      if (!(pair instanceof List<?> two)
          || two.size() != 2
          || !(two.get(0) instanceof String || two.get(0) instanceof Long)
          || dict.entries().containsKey(two.get(0))) {
        throw new IllegalArgumentException(
            "an OrderedDict is not made from pairs of different keys and their values");
      }
      dict.put(two.get(0), two.get(1));
    }
    return dict;
  }

  /** Takes a dict of attributes, such as PyTorch's {@code _metadata}, and drops them. */
  @Override
  public void build(Object state) {
    if (!(state instanceof PickleDict)) {
      throw new IllegalArgumentException("the state of an OrderedDict is no dict");
    }
  }
}
