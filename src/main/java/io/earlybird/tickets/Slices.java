package io.earlybird.tickets;

import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;

/** Cutting host tensors. */
final class Slices {
  private Slices() {}

  /** The given indices of dimension {@code dim}, in the given order, with all bits kept. */
  static HostTensor take(HostTensor t, int dim, int[] indices) {
    int[] dims = t.shape().dims();
    int outer = 1;
    int inner = t.dtype().bytes();
    for (int i = 0; i < dims.length; i++) {
      if (i < dim) {
        outer *= dims[i];
      } else if (i > dim) {
        inner *= dims[i];
      }
    }
    int extent = dims[dim];
    dims[dim] = indices.length;
    byte[] source = t.buffer().array();
    byte[] target = new byte[Math.multiplyExact(outer * indices.length, inner)];
    for (int o = 0; o < outer; o++) {
      for (int k = 0; k < indices.length; k++) {
        int from = (o * extent + indices[k]) * inner;
        System.arraycopy(source, from, target, (o * indices.length + k) * inner, inner);
      }
    }
    return HostTensor.ofBytes(new TensorSpec(Shape.of(dims), t.dtype()), target);
  }
}
