package io.earlybird.backend.reference;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import java.nio.ByteBuffer;

/**
 * One operand or result of a reference kernel: plain row-major elements in little-endian bytes.
 *
 * @param spec logical shape and type
 * @param element type of the stored elements
 * @param buffer the elements, from index 0
 */
record Operand(TensorSpec spec, DType element, ByteBuffer buffer) {
  /** An operand over a host tensor's own bytes. */
  static Operand of(TensorSpec spec, HostTensor host) {
    return new Operand(spec, host.dtype(), host.buffer());
  }

  Shape shape() {
    return spec.shape();
  }

  int size() {
    return Math.toIntExact(spec.size());
  }

  /** All elements as doubles, as a copy. */
  double[] doubles() {
    double[] out = new double[size()];
    if (element == DType.F32) {
      float[] floats = new float[out.length];
      buffer.asFloatBuffer().get(floats);
      for (int i = 0; i < out.length; i++) {
        out[i] = floats[i];
      }
    } else if (element == DType.F64) {
      buffer.asDoubleBuffer().get(out);
    } else {
      for (int i = 0; i < out.length; i++) {
        out[i] = HostTensor.get(buffer, element, i);
      }
    }
    return out;
  }

  /** All elements of a 32-bit integer or byte operand, as a copy; bytes are unsigned. */
  int[] ints() {
    int[] out = new int[size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = element == DType.U8 ? buffer.get(i) & 0xff : buffer.getInt(4 * i);
    }
    return out;
  }

  /** The first element of a 64-bit integer operand. */
  long scalarLong() {
    return buffer.getLong(0);
  }

  /** The first element of a floating-point operand. */
  double scalar() {
    return HostTensor.get(buffer, element, 0);
  }

  /** Stores all elements, each rounded to the element type. */
  void put(double[] values) {
    if (element == DType.F64) {
      buffer.asDoubleBuffer().put(values);
      return;
    }
    for (int i = 0; i < values.length; i++) {
      HostTensor.put(buffer, element, i, values[i]);
    }
  }

  /** Stores all elements of a 32-bit integer or byte result. */
  void put(int[] values) {
    for (int i = 0; i < values.length; i++) {
      if (element == DType.U8) {
        buffer.put(i, (byte) values[i]);
      } else {
        buffer.putInt(4 * i, values[i]);
      }
    }
  }
}
