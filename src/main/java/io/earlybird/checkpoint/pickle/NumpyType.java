package io.earlybird.checkpoint.pickle;

import java.util.Set;

/** {@code numpy.dtype} of a plain number: a letter, a size in bytes and a byte order. */
final class NumpyType implements PickleGlobal.Buildable {
  private static final Set<String> KNOWN =
      Set.of("b1", "i1", "u1", "i2", "u2", "f2", "i4", "u4", "f4", "i8", "u8", "f8");

  private final String letters;
  private String order = "|";

  private NumpyType(String letters) {
    this.letters = letters;
  }

  /** {@code dtype('u1', False, True)}. */
  static NumpyType of(PickleTuple arguments) {
    String name = arguments.size() == 3 ? text(arguments.get(0)) : null;
    if (name == null || !KNOWN.contains(name)) {
      throw new IllegalArgumentException(
          "numpy.dtype is not that of a plain number"
              + (name == null ? "" : ": " + Printable.of(name)));
    }
    return new NumpyType(name);
  }

  /** Size of one element in bytes. */
  int size() {
    return letters.charAt(1) - '0';
  }

  /** Byte order and letters, e.g. {@code <f4}. */
  String name() {
    return order + letters;
  }

  /** Takes (version, byte order, subarray, names, fields, size, alignment, flags). */
  @Override
  public void build(Object state) {
    String given = state instanceof PickleTuple t && t.size() >= 5 ? text(t.get(1)) : null;
    if (given == null || !Set.of("|", "<", ">", "=").contains(given)) {
      throw new IllegalArgumentException("the state of a numpy.dtype names no byte order");
    }
    PickleTuple parts = (PickleTuple) state;
    if (parts.get(2) != null || parts.get(3) != null || parts.get(4) != null) {
      throw new IllegalArgumentException("numpy.dtype is structured; only plain numbers are read");
    }
    order = given;
  }

  /** The letters without byte order, e.g. {@code f4}. */
  String letters() {
    return letters;
  }

  /** Whether elements are stored with the highest byte first. */
  boolean bigEndian() {
    return order.equals(">");
  }

  private static String text(Object value) {
    return value instanceof PickleBytes bytes && bytes.size() > 8 ? null : PickleBytes.text(value);
  }
}
