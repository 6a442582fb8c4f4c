package io.earlybird.checkpoint.pickle;

/** Text from a file for a message of one line: short, and without control characters. */
public final class Printable {
  private static final int LONGEST = 120;

  private Printable() {}

  /** A key or name; what is neither text nor a number is named by its kind alone. */
  public static String of(Object value) {
    String text = PickleBytes.text(value);
    if (text == null) {
      boolean plain = value == null || value instanceof Number || value instanceof Boolean;
      text = plain ? String.valueOf(value) : kind(value);
    }
    text = text.replaceAll("[\\p{Cntrl}\\p{Cs}\\u2028\\u2029]", "?");
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
  }

  /** The name of a value's kind, as Python calls it where there is one. */
  public static String kind(Object value) {
    if (value == null) {
      return "None";
    } else if (value instanceof PickleDict) {
      return "dict";
    } else if (value instanceof java.util.List) {
      return "list";
    } else if (value instanceof PickleTuple) {
      return "tuple";
    } else if (value instanceof PickleBytes) {
      return "bytes";
    } else if (value instanceof String) {
      return "str";
    } else if (value instanceof Boolean) {
      return "bool";
    } else if (value instanceof Double) {
      return "float";
    } else if (value instanceof Number) {
      return "int";
    }
    return value.getClass().getSimpleName();
  }
}
