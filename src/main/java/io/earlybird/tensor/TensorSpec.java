package io.earlybird.tensor;

/** Logical shape and element type of a tensor. */
public record TensorSpec(Shape shape, DType dtype) {
  /** A 32-bit floating-point tensor. */
  public static TensorSpec f32(int... dims) {
    return new TensorSpec(Shape.of(dims), DType.F32);
  }

  /** A tensor of the given type. */
  public static TensorSpec of(DType dtype, int... dims) {
    return new TensorSpec(Shape.of(dims), dtype);
  }

  /** Number of elements. */
  public long size() {
    return shape.size();
  }

  @Override
  public String toString() {
    return dtype.name().toLowerCase(java.util.Locale.ROOT) + shape;
  }
}
