package io.earlybird.checkpoint.pickle;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A number of one of NumPy's types, for example the best accuracy that a training program saved.
 *
 * @param type letters of the type, e.g. {@code f8}
 * @param value {@link Double}, {@link Long} (unsigned 64 bits wrap around) or {@link Boolean}
 */
public record NumpyScalar(String type, Object value) {
  /** {@code numpy.core.multiarray.scalar(dtype, bytes)}. */
  static NumpyScalar of(PickleTuple arguments) {
    if (arguments.size() != 2
        || !(arguments.get(0) instanceof NumpyType type)
        || !(arguments.get(1) instanceof PickleBytes bytes)) {
      throw new IllegalArgumentException("a NumPy scalar is not made from a dtype and bytes");
    }
    if (bytes.size() != type.size()) {
      throw new IllegalArgumentException(
          "a NumPy scalar of type %s has %d bytes".formatted(type.name(), bytes.size()));
    }
    ByteBuffer data =
        ByteBuffer.wrap(bytes.toArray())
            .order(type.bigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    return new NumpyScalar(type.letters(), value(type.letters(), data));
  }

  private static Object value(String letters, ByteBuffer data) {
    return switch (letters) {
      case "f8" -> data.getDouble();
      case "f4" -> (double) data.getFloat();
      case "f2" -> (double) HalfFloat.toFloat(data.getShort());
      case "b1" -> data.get() != 0;
      case "i1" -> (long) data.get();
      case "u1" -> data.get() & 0xFFL;
      case "i2" -> (long) data.getShort();
      case "u2" -> data.getShort() & 0xFFFFL;
      case "i4" -> (long) data.getInt();
      case "u4" -> data.getInt() & 0xFFFFFFFFL;
      default -> data.getLong();
    };
  }
}
