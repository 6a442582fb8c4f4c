package io.earlybird.checkpoint.pth;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.pickle.HalfFloat;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A tensor of a PyTorch file: a view of a storage by offset, extents and strides, all counted in
 * elements. Tensors may share a storage; the device it was saved from does not matter here.
 */
public final class TorchTensor {
  private static final int MAX_DIMENSIONS = 64;
  private static final int MAX_BYTES = Integer.MAX_VALUE - 8;

  private final TorchType type;
  private final TorchStorage storage;
  private final long offset;
  private final int[] shape;
  private final long[] strides;
  private final int count;

  /**
   * A view.
   *
   * @param type element type; that of the storage, or any if the storage is one of bytes
   * @throws IllegalArgumentException if an element lies outside of the storage, or there are 2 GiB
   *     of them
   */
  TorchTensor(TorchType type, TorchStorage storage, long offset, int[] shape, long[] strides) {
    this.type = type;
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
    require(shape.length == strides.length, "a tensor has not as many strides as extents");
    require(shape.length <= MAX_DIMENSIONS, "a tensor has more than 64 dimensions");
    this.count = count();
    require(
        offset >= 0 && isInside(),
        "a tensor of shape "
            + describe(shape)
            + " at offset "
            + offset
            + " reaches beyond its "
            + storage);
  }

  private int count() {
    long product = type.bytes();
    for (int extent : shape) {
      if (extent == 0) {
        return 0;
      }
    }
    for (int extent : shape) {
      require(
          extent > 0 && product <= MAX_BYTES / extent,
          "a tensor of shape " + describe(shape) + " takes 2 GiB or more");
      product *= extent;
    }
    return (int) (product / type.bytes());
  }

  private boolean isInside() {
    if (count == 0) {
      return true;
    }
    long elements = storage.bytes() / type.bytes();
    long last = offset;
    for (int i = 0; i < shape.length; i++) {
      if (strides[i] < 0 || (shape[i] > 1 && strides[i] > elements)) {
        return false;
      }
      last += shape[i] == 1 ? 0 : (shape[i] - 1) * strides[i];
      if (last < 0 || last >= elements) {
        return false;
      }
    }
    return last < elements;
  }

  /** Element type. */
  public TorchType type() {
    return type;
  }

  /** Extents of the dimensions, as a copy; none for a single number. */
  public int[] shape() {
    return shape.clone();
  }

  /** Number of elements. */
  public int size() {
    return count;
  }

  /** What it looks into. */
  public TorchStorage storage() {
    return storage;
  }

  /** Number of bytes of all elements. */
  public long byteCount() {
    return (long) count * type.bytes();
  }

  /** The elements in row-major order, little-endian, as a copy. */
  public byte[] bytes() {
    int width = type.bytes();
    byte[] out = new byte[count * width];
    ByteBuffer from = storage.content();
    if (isContiguous()) {
      from.get(Math.toIntExact(offset * width), out);
      return out;
    }
    int[] at = new int[shape.length];
    long source = offset;
    for (int i = 0; i < out.length; i += width) {
      from.get((int) (source * width), out, i, width);
      for (int d = shape.length - 1; d >= 0; d--) {
        source += strides[d];
        if (++at[d] < shape[d]) {
          break;
        }
        source -= at[d] * strides[d];
        at[d] = 0;
      }
    }
    return out;
  }

  private boolean isContiguous() {
    if (count == 0) {
      return false;
    }
    long expected = 1;
    for (int d = shape.length - 1; d >= 0; d--) {
      if (shape[d] != 1 && strides[d] != expected) {
        return false;
      }
      expected *= shape[d];
    }
    return true;
  }

  /**
   * The elements as one of our tensors of the same shape: float16 becomes F32, int8, int16 and
   * uint16 become I32, uint32 becomes I64, bool becomes U8; all exactly.
   *
   * @throws EarlybirdException for complex numbers and unsigned 64 bits
   */
  public HostTensor toHost() {
    DType host = type.host();
    if (host == null) {
      throw new EarlybirdException("a tensor of type " + type + " cannot be used here");
    }
    TensorSpec spec = new TensorSpec(Shape.of(shape), host);
    byte[] bytes = bytes();
    if (host.bytes() == type.bytes()) {
      return HostTensor.ofBytes(spec, bytes);
    }
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    HostTensor out = HostTensor.zeros(spec);
    ByteBuffer to = out.buffer();
    for (int i = 0; i < count; i++) {
      HostTensor.put(to, host, i, widened(in, i));
    }
    return out;
  }

  private double widened(ByteBuffer in, int i) {
    return switch (type) {
      case FLOAT16 -> HalfFloat.toFloat(in.getShort(2 * i));
      case INT16 -> in.getShort(2 * i);
      case UINT16 -> in.getShort(2 * i) & 0xFFFF;
      case UINT32 -> in.getInt(4 * i) & 0xFFFFFFFFL;
      case INT8 -> in.get(i);
      default -> throw new IllegalStateException(type + " needs no widening");
    };
  }

  private static String describe(int[] shape) {
    String text = Arrays.toString(shape);
    return text.length() < 80 ? text : text.substring(0, 80) + "…";
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  @Override
  public String toString() {
    return type.torchName() + describe(shape);
  }
}
