package io.earlybird.checkpoint.pickle;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A byte string: {@code bytes} of Python 3 or {@code str} of Python 2. A view of the pickle's own
 * buffer; nothing is copied.
 *
 * @param content read-only, position 0 to limit; equal when the bytes are equal
 */
public record PickleBytes(ByteBuffer content) implements Comparable<PickleBytes> {
  /** Takes a read-only view. */
  public PickleBytes {
    content = content.slice().asReadOnlyBuffer();
  }

  /** Number of bytes. */
  public int size() {
    return content.limit();
  }

  /** Byte order, so that dicts with hostile keys stay fast. */
  @Override
  public int compareTo(PickleBytes other) {
    return content.compareTo(other.content);
  }

  /** A copy of the bytes. */
  public byte[] toArray() {
    byte[] bytes = new byte[size()];
    content.duplicate().get(bytes);
    return bytes;
  }

  /** The text of a str of Python 3, or of Python 2's, which is read as ISO 8859-1; else null. */
  public static String text(Object value) {
    if (value instanceof PickleBytes bytes) {
      return bytes.latin1();
    }
    return value instanceof String text ? text : null;
  }

  /** The bytes read as ISO 8859-1. */
  public String latin1() {
    return new String(toArray(), StandardCharsets.ISO_8859_1);
  }
}
