package io.earlybird.golden;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * A named tensor of a recorded case: float32 values in {@code floats}, or int64 values in {@code
 * longs}; the other one is null. C order; arrays are not copied, treat them as constant.
 */
public record GoldenTensor(String name, int[] shape, float[] floats, long[] longs) {
  /** A float32 tensor. */
  public static GoldenTensor of(String name, int[] shape, float[] values) {
    return new GoldenTensor(name, shape, check(name, shape, values.length, values), null);
  }

  /** An int64 tensor. */
  public static GoldenTensor of(String name, int[] shape, long[] values) {
    return new GoldenTensor(name, shape, null, check(name, shape, values.length, values));
  }

  /** True for float32, false for int64. */
  public boolean isFloat() {
    return floats != null;
  }

  /** Number of elements. */
  public int size() {
    return isFloat() ? floats.length : longs.length;
  }

  /** CRC-32 of the little-endian bytes, as the recorded {@code crc32}. */
  public long crc32() {
    ByteBuffer bytes =
        ByteBuffer.allocate(size() * (isFloat() ? 4 : 8)).order(ByteOrder.LITTLE_ENDIAN);
    if (isFloat()) {
      bytes.asFloatBuffer().put(floats);
    } else {
      bytes.asLongBuffer().put(longs);
    }
    CRC32 crc = new CRC32();
    crc.update(bytes.array());
    return crc.getValue();
  }

  /** Sum of the values in float64. */
  public double sum() {
    double sum = 0;
    for (int i = 0; i < size(); i++) {
      sum += isFloat() ? floats[i] : longs[i];
    }
    return sum;
  }

  /** The number of elements of a shape; 1 for no dimensions. */
  public static int count(int[] shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  @Override
  public String toString() {
    return name + " " + (isFloat() ? "float32" : "int64") + Arrays.toString(shape);
  }

  private static <T> T check(String name, int[] shape, int length, T values) {
    if (count(shape) != length) {
      throw new IllegalArgumentException(
          name + ": " + length + " values for shape " + Arrays.toString(shape));
    }
    return values;
  }
}
