package io.earlybird.checkpoint;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.pickle.HalfFloat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * An array in NumPy's {@code .npy} format, versions 1.0 and 2.0, little-endian, C order.
 *
 * <p>Files are read strictly: unknown types, Python objects, Fortran order, sizes that don't match
 * the file's length and booleans other than 0 and 1 are refused with the file, the offset and what
 * was expected there. Immutable.
 */
public final class Npy {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  private final String name;
  private final NpyType type;
  private final int[] shape;
  private final ByteBuffer data;

  private Npy(String name, NpyType type, int[] shape, ByteBuffer data) {
    this.name = name;
    this.type = type;
    this.shape = shape;
    this.data = data;
  }

  /**
   * Reads a file of less than 2 GiB.
   *
   * @throws EarlybirdException if the file is missing or anything in it is not as the format says
   */
  public static Npy read(Path file) {
    try {
      long size = Files.size(file);
      if (size > Integer.MAX_VALUE - 8) {
        throw new EarlybirdException(file + ": expected less than 2 GiB, found " + size + " bytes");
      }
      return parse(Files.readAllBytes(file), file.toString());
    } catch (NoSuchFileException e) {
      throw new EarlybirdException(file + ": no such file", e);
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads an array from memory.
   *
   * @param name what errors call the source
   */
  public static Npy parse(byte[] bytes, String name) {
    need(bytes, name, 0, 8, "the magic \\x93NUMPY and a version");
    if (!Arrays.equals(bytes, 0, 6, MAGIC, 0, 6)) {
      throw new EarlybirdException(name + ": offset 0: expected the magic \\x93NUMPY");
    }
    int major = bytes[6];
    if ((major != 1 && major != 2) || bytes[7] != 0) {
      throw new EarlybirdException(
          name + ": offset 6: expected version 1.0 or 2.0, found " + major + "." + bytes[7]);
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int start = major == 1 ? 10 : 12;
    need(bytes, name, 8, start - 8, "the header's length");
    long length = major == 1 ? buffer.getShort(8) & 0xffffL : buffer.getInt(8) & 0xffffffffL;
    if (length > NpyHeader.MAX_LENGTH) {
      throw new EarlybirdException(
          name
              + ": offset 8: expected a header of at most "
              + NpyHeader.MAX_LENGTH
              + " bytes, found "
              + length);
    }
    need(bytes, name, start, (int) length, "a header of " + length + " bytes");
    int dataAt = start + (int) length;
    NpyHeader header = NpyHeader.parse(Arrays.copyOfRange(bytes, start, dataAt), name, start);
    long wanted = byteCount(header.type, header.shape);
    if (wanted != bytes.length - dataAt) {
      throw new EarlybirdException(
          String.format(
              "%s: offset %d: expected %s bytes of data for %s %s, found %d",
              name,
              dataAt,
              wanted < 0 ? "less than 2 GiB" : wanted,
              header.type.descr(),
              Arrays.toString(header.shape),
              bytes.length - dataAt));
    }
    if (header.type == NpyType.B1) {
      checkBooleans(bytes, name, dataAt);
    }
    ByteBuffer data =
        buffer.position(dataAt).slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    return new Npy(name, header.type, header.shape, data);
  }

  /** An array of single-precision numbers; {@code data} is copied. */
  public static Npy of(float[] data, int... shape) {
    ByteBuffer buffer = allocate(NpyType.F4, data.length, shape);
    buffer.asFloatBuffer().put(data);
    return new Npy("array", NpyType.F4, shape.clone(), buffer);
  }

  /** An array of double-precision numbers; {@code data} is copied. */
  public static Npy of(double[] data, int... shape) {
    ByteBuffer buffer = allocate(NpyType.F8, data.length, shape);
    buffer.asDoubleBuffer().put(data);
    return new Npy("array", NpyType.F8, shape.clone(), buffer);
  }

  /** An array of 64-bit integers; {@code data} is copied. */
  public static Npy of(long[] data, int... shape) {
    ByteBuffer buffer = allocate(NpyType.I8, data.length, shape);
    buffer.asLongBuffer().put(data);
    return new Npy("array", NpyType.I8, shape.clone(), buffer);
  }

  /** An array of unsigned bytes; {@code data} is copied. */
  public static Npy of(byte[] data, int... shape) {
    ByteBuffer buffer = allocate(NpyType.U1, data.length, shape);
    buffer.put(0, data);
    return new Npy("array", NpyType.U1, shape.clone(), buffer);
  }

  /**
   * Writes the array as version 1.0, atomically: another reader sees the old file or the whole new
   * one.
   *
   * @throws EarlybirdException if the file cannot be written
   */
  public void write(Path file) {
    byte[] header = NpyHeader.format(type, shape);
    AtomicFile.write(
        file,
        out -> {
          out.write(MAGIC);
          out.write(new byte[] {1, 0, (byte) header.length, (byte) (header.length >> 8)});
          out.write(header);
          out.write(bytes());
        });
  }

  /** The element type. */
  public NpyType type() {
    return type;
  }

  /** The sizes of the dimensions; empty for a single number. */
  public int[] shape() {
    return shape.clone();
  }

  /** The number of elements. */
  public int size() {
    return data.capacity() / type.bytes();
  }

  /**
   * The elements as single precision.
   *
   * @throws EarlybirdException unless every value of the type fits exactly (f2, f4, and integers of
   *     at most 16 bits)
   */
  public float[] floats() {
    float[] values = new float[size()];
    switch (type) {
      case F4 -> data.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
      case F2 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = HalfFloat.toFloat(data.getShort(2 * i));
        }
      }
      case I1, I2, U1, U2, B1 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = integer(i);
        }
      }
      default -> throw wrongType("at most 32-bit floats or 16-bit integers");
    }
    return values;
  }

  /**
   * The elements as double precision.
   *
   * @throws EarlybirdException for 64-bit integers, which may not fit
   */
  public double[] doubles() {
    double[] values = new double[size()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (type) {
            case F8 -> data.getDouble(8 * i);
            case F4 -> data.getFloat(4 * i);
            case F2 -> HalfFloat.toFloat(data.getShort(2 * i));
            case I8 -> throw wrongType("floats or at most 32-bit integers");
            default -> integer(i);
          };
    }
    return values;
  }

  /**
   * The elements of an integer or boolean array.
   *
   * @throws EarlybirdException for floating types
   */
  public long[] longs() {
    if (type.isFloating()) {
      throw wrongType("integers");
    }
    long[] values = new long[size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = integer(i);
    }
    return values;
  }

  /** The raw little-endian bytes in C order. */
  public byte[] bytes() {
    byte[] bytes = new byte[data.capacity()];
    data.get(0, bytes);
    return bytes;
  }

  @Override
  public String toString() {
    return name + " " + type.descr() + " " + Arrays.toString(shape);
  }

  private long integer(int i) {
    return switch (type) {
      case I1 -> data.get(i);
      case U1, B1 -> data.get(i) & 0xff;
      case I2 -> data.getShort(2 * i);
      case U2 -> data.getShort(2 * i) & 0xffff;
      case I4 -> data.getInt(4 * i);
      case U4 -> data.getInt(4 * i) & 0xffffffffL;
      case I8 -> data.getLong(8 * i);
      default -> throw wrongType("integers");
    };
  }

  private EarlybirdException wrongType(String expected) {
    return new EarlybirdException(name + ": expected " + expected + ", found " + type.descr());
  }

  private static void need(byte[] bytes, String name, int at, int count, String what) {
    if (bytes.length - at < count) {
      throw new EarlybirdException(
          name
              + ": offset "
              + at
              + ": expected "
              + what
              + ", found the file's end at "
              + bytes.length);
    }
  }

  private static void checkBooleans(byte[] bytes, String name, int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] != 0 && bytes[i] != 1) {
        throw new EarlybirdException(
            name + ": offset " + i + ": expected a boolean 0 or 1, found " + (bytes[i] & 0xff));
      }
    }
  }

  /** Bytes of the data, or -1 if they are not less than 2 GiB. */
  private static long byteCount(NpyType type, int[] shape) {
    long count = type.bytes();
    boolean empty = Arrays.stream(shape).anyMatch(d -> d == 0);
    for (int d : shape) {
      count = empty ? 0 : count * d;
      if (count > Integer.MAX_VALUE) {
        return -1;
      }
    }
    return count;
  }

  private static ByteBuffer allocate(NpyType type, int elements, int[] shape) {
    if (byteCount(type, shape) != (long) elements * type.bytes()) {
      throw new IllegalArgumentException(
          elements + " elements don't fill shape " + Arrays.toString(shape));
    }
    return ByteBuffer.allocate(elements * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
  }
}
