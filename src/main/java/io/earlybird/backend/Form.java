package io.earlybird.backend;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;

/**
 * The physical form of a tensor in a buffer: element type, layout and size. Two buffers of equal
 * form hold equal bytes for equal tensors.
 *
 * @param element physical element type; may differ from the logical one (F64 reference, BF16)
 * @param layout {@link #PLAIN} or a backend's own value object; compared by {@code equals}
 * @param bytes size of the buffer
 */
public record Form(DType element, Object layout, long bytes) {
  /** Row-major in the logical shape, without padding. */
  public static final String PLAIN = "plain";

  /** The plain form of a tensor in its own element type. */
  public static Form plain(TensorSpec spec) {
    return plain(spec, spec.dtype());
  }

  /** The plain form of a tensor with the given physical element type. */
  public static Form plain(TensorSpec spec, DType element) {
    return new Form(element, PLAIN, spec.size() * element.bytes());
  }

  /** Whether the layout is plain. */
  public boolean isPlain() {
    return layout.equals(PLAIN);
  }

  /** Number of stored elements, padding included. */
  public long elements() {
    return bytes / element.bytes();
  }
}
