package io.earlybird.checkpoint.pickle;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A dict in its own order. Keys are strings, byte strings, integers, floats or booleans; values may
 * be null, for None.
 *
 * @see PickleOrderedDict
 */
public class PickleDict {
  private final Map<Object, Object> entries = new LinkedHashMap<>();

  PickleDict() {}

  void put(Object key, Object value) {
    entries.put(key, value);
  }

  /** All entries in order; not to be changed. */
  public Map<Object, Object> entries() {
    return Collections.unmodifiableMap(entries);
  }

  /** The value under a string key or, as Python 2 wrote it, the same key as a byte string. */
  public Object get(String key) {
    Object value = entries.get(key);
    return value != null ? value : entries.get(key(key));
  }

  /** Whether there is such a key in either form. */
  public boolean contains(String key) {
    return entries.containsKey(key) || entries.containsKey(key(key));
  }

  private static PickleBytes key(String key) {
    return new PickleBytes(StandardCharsets.UTF_8.encode(key));
  }
}
