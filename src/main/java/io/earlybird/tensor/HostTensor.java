package io.earlybird.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A dense tensor in host memory: row-major in its logical shape, little-endian. It carries values
 * into and out of state regions, plans and files, never through a training step.
 */
public final class HostTensor {
  private final TensorSpec spec;
  private final byte[] data;

  private HostTensor(TensorSpec spec, byte[] data) {
    if (data.length != spec.size() * spec.dtype().bytes()) {
      throw new IllegalArgumentException(
          spec + " needs " + spec.size() * spec.dtype().bytes() + " bytes, got " + data.length);
    }
    this.spec = spec;
    this.data = data;
  }

  /** A tensor over the given little-endian bytes, which it takes over. */
  public static HostTensor ofBytes(TensorSpec spec, byte[] data) {
    return new HostTensor(spec, data);
  }

  /** A tensor of zeros. */
  public static HostTensor zeros(TensorSpec spec) {
    return new HostTensor(spec, new byte[Math.toIntExact(spec.size() * spec.dtype().bytes())]);
  }

  /** A 32-bit floating-point tensor with the given values. */
  public static HostTensor of(float[] values, int... dims) {
    HostTensor t = zeros(TensorSpec.f32(dims));
    t.checkCount(values.length);
    t.buffer().asFloatBuffer().put(values);
    return t;
  }

  /** A 32-bit integer tensor with the given values. */
  public static HostTensor of(int[] values, int... dims) {
    HostTensor t = zeros(TensorSpec.of(DType.I32, dims));
    t.checkCount(values.length);
    t.buffer().asIntBuffer().put(values);
    return t;
  }

  /** A byte tensor with the given values. */
  public static HostTensor of(byte[] values, int... dims) {
    return new HostTensor(TensorSpec.of(DType.U8, dims), values.clone());
  }

  /** A one-element 32-bit floating-point tensor. */
  public static HostTensor scalar(float value) {
    return of(new float[] {value}, 1);
  }

  /** A one-element 64-bit integer tensor. */
  public static HostTensor scalar(long value) {
    HostTensor t = zeros(TensorSpec.of(DType.I64, 1));
    t.buffer().putLong(0, value);
    return t;
  }

  /** A tensor of any type from doubles, rounded to that type. */
  public static HostTensor ofDoubles(TensorSpec spec, double[] values) {
    HostTensor t = zeros(spec);
    t.checkCount(values.length);
    ByteBuffer b = t.buffer();
    for (int i = 0; i < values.length; i++) {
      put(b, spec.dtype(), i, values[i]);
    }
    return t;
  }

  private void checkCount(long count) {
    if (count != spec.size()) {
      throw new IllegalArgumentException(spec + " needs " + spec.size() + " values, got " + count);
    }
  }

  /** Writes element {@code i} of a little-endian buffer of the given type. */
  public static void put(ByteBuffer b, DType dtype, int i, double value) {
    switch (dtype) {
      case F32 -> b.putFloat(4 * i, (float) value);
      case F64 -> b.putDouble(8 * i, value);
      case BF16 -> b.putShort(2 * i, bf16((float) value));
      case U8 -> b.put(i, (byte) (int) value);
      case I32 -> b.putInt(4 * i, (int) value);
      case I64 -> b.putLong(8 * i, (long) value);
    }
  }

  /** Reads element {@code i} of a little-endian buffer of the given type. */
  public static double get(ByteBuffer b, DType dtype, int i) {
    return switch (dtype) {
      case F32 -> b.getFloat(4 * i);
      case F64 -> b.getDouble(8 * i);
      case BF16 -> Float.intBitsToFloat(b.getShort(2 * i) << 16);
      case U8 -> b.get(i) & 0xff;
      case I32 -> b.getInt(4 * i);
      case I64 -> b.getLong(8 * i);
    };
  }

  /** Nearest bfloat16, ties to even; NaN stays NaN. */
  static short bf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /** Shape and element type. */
  public TensorSpec spec() {
    return spec;
  }

  /** Shape. */
  public Shape shape() {
    return spec.shape();
  }

  /** Element type. */
  public DType dtype() {
    return spec.dtype();
  }

  /** A little-endian view of the elements; writes go through. */
  public ByteBuffer buffer() {
    return ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Element {@code i} in row-major order, as a double. */
  public double get(int i) {
    return get(buffer(), spec.dtype(), i);
  }

  /** All elements as floats, as a copy. */
  public float[] floats() {
    float[] out = new float[Math.toIntExact(spec.size())];
    if (spec.dtype() == DType.F32) {
      buffer().asFloatBuffer().get(out);
    } else {
      ByteBuffer b = buffer();
      for (int i = 0; i < out.length; i++) {
        out[i] = (float) get(b, spec.dtype(), i);
      }
    }
    return out;
  }

  /** All elements as doubles, as a copy. */
  public double[] doubles() {
    double[] out = new double[Math.toIntExact(spec.size())];
    ByteBuffer b = buffer();
    for (int i = 0; i < out.length; i++) {
      out[i] = get(b, spec.dtype(), i);
    }
    return out;
  }

  /** The same elements under another shape of equal size. */
  public HostTensor reshape(int... dims) {
    return new HostTensor(TensorSpec.of(spec.dtype(), dims), data);
  }

  /**
   * The same elements at the same places of another shape of equal rank: zeros come in behind the
   * end of longer dimensions, and what lies behind the end of shorter ones is left out.
   */
  public HostTensor resized(Shape shape) {
    if (shape.equals(shape())) {
      return this;
    }
    int[] from = shape().dims();
    int[] to = shape.dims();
    if (from.length != to.length) {
      throw new IllegalArgumentException("not resized to another rank: " + shape() + ", " + shape);
    }
    int last = to.length - 1;
    HostTensor out = zeros(new TensorSpec(shape, dtype()));
    int width = dtype().bytes();
    int run = Math.min(from[last], to[last]) * width;
    int rows = Math.toIntExact(out.spec.size() / Math.max(1, to[last]));
    for (int row = 0; row < rows; row++) {
      int rest = row;
      int source = 0;
      int stride = 1;
      boolean inside = true;
      for (int d = last - 1; d >= 0; d--) {
        int at = rest % to[d];
        rest /= to[d];
        inside &= at < from[d];
        source += at * stride;
        stride *= from[d];
      }
      if (inside) {
        System.arraycopy(data, source * from[last] * width, out.data, row * to[last] * width, run);
      }
    }
    return out;
  }

  /**
   * Elements reordered by dimension: {@code permute(0, 2, 3, 1)} turns {@code [N,C,H,W]} into
   * {@code [N,H,W,C]}.
   */
  public HostTensor permute(int... order) {
    int rank = order.length;
    int[] from = spec.shape().dims();
    int[] to = new int[rank];
    long[] stride = new long[rank];
    for (int i = 0; i < rank; i++) {
      to[i] = from[order[i]];
      long s = 1;
      for (int j = order[i] + 1; j < rank; j++) {
        s *= from[j];
      }
      stride[i] = s;
    }
    int width = spec.dtype().bytes();
    byte[] out = new byte[data.length];
    int[] at = new int[rank];
    for (int i = 0; i < out.length; i += width) {
      long source = 0;
      for (int d = 0; d < rank; d++) {
        source += at[d] * stride[d];
      }
      System.arraycopy(data, (int) source * width, out, i, width);
      for (int d = rank - 1; d >= 0 && ++at[d] == to[d]; d--) {
        at[d] = 0;
      }
    }
    return new HostTensor(TensorSpec.of(spec.dtype(), to), out);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof HostTensor t && spec.equals(t.spec) && Arrays.equals(data, t.data);
  }

  @Override
  public int hashCode() {
    return 31 * spec.hashCode() + Arrays.hashCode(data);
  }

  @Override
  public String toString() {
    return "host " + spec;
  }
}
