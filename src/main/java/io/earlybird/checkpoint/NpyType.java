package io.earlybird.checkpoint;

import io.earlybird.EarlybirdException;

/** Element types of a {@link Npy} file: little-endian numbers and booleans of NumPy. */
public enum NpyType {
  /** IEEE half precision. */
  F2("<f2", 2),
  /** IEEE single precision. */
  F4("<f4", 4),
  /** IEEE double precision. */
  F8("<f8", 8),
  /** Signed 8 bits. */
  I1("|i1", 1),
  /** Signed 16 bits. */
  I2("<i2", 2),
  /** Signed 32 bits. */
  I4("<i4", 4),
  /** Signed 64 bits. */
  I8("<i8", 8),
  /** Unsigned 8 bits. */
  U1("|u1", 1),
  /** Unsigned 16 bits. */
  U2("<u2", 2),
  /** Unsigned 32 bits. */
  U4("<u4", 4),
  /** One byte per boolean, 0 or 1. */
  B1("|b1", 1);

  private final String descr;
  private final int bytes;

  NpyType(String descr, int bytes) {
    this.descr = descr;
    this.bytes = bytes;
  }

  /** NumPy's name of the type, for instance {@code <f4}. */
  public String descr() {
    return descr;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /** True for the types that hold fractions. */
  public boolean isFloating() {
    return this == F2 || this == F4 || this == F8;
  }

  /**
   * Finds a type by NumPy's name.
   *
   * @throws EarlybirdException if the name is not one of the types above
   */
  static NpyType of(String descr, String where) {
    for (NpyType type : values()) {
      if (type.descr.equals(descr)
          || (type.bytes == 1 && descr.equals("<" + type.descr.charAt(1) + "1"))) {
        return type;
      }
    }
    String hint =
        descr.startsWith(">")
            ? " (big-endian; save it with little-endian elements)"
            : descr.contains("O") ? " (Python objects are never read)" : "";
    throw new EarlybirdException(
        where
            + ": expected one of <f2 <f4 <f8 |i1 <i2 <i4 <i8 |u1 <u2 <u4 |b1, found '"
            + descr
            + "'"
            + hint);
  }
}
