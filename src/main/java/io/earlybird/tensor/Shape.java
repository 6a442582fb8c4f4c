package io.earlybird.tensor;

import java.util.Arrays;

/**
 * The logical extents of a tensor, outermost first. Activations are {@code [N,H,W,C]}, convolution
 * weights {@code [O,I,KH,KW]}, matrices {@code [rows, columns]}, vectors {@code [C]}, scalars
 * {@code [1]}. An extent may be 0 only in tensors that hold no element.
 */
public final class Shape {
  private final int[] dims;
  private final long size;

  private Shape(int[] dims) {
    this.dims = dims;
    long product = 1;
    for (int d : dims) {
      if (d < 0) {
        throw new IllegalArgumentException("negative extent in shape " + Arrays.toString(dims));
      }
      product = Math.multiplyExact(product, d);
    }
    this.size = product;
  }

  /** A shape with the given extents. */
  public static Shape of(int... dims) {
    return new Shape(dims.clone());
  }

  /** Number of dimensions. */
  public int rank() {
    return dims.length;
  }

  /** Extent of dimension {@code i}; negative {@code i} counts from the end. */
  public int dim(int i) {
    return dims[i < 0 ? dims.length + i : i];
  }

  /** Number of elements. */
  public long size() {
    return size;
  }

  /** The extents, as a copy. */
  public int[] dims() {
    return dims.clone();
  }

  /** Number of elements in all dimensions but the last: the rows of a channel-last tensor. */
  public long rows() {
    return dims.length == 0 || dim(-1) == 0 ? 1 : size / dim(-1);
  }

  /** The same shape with another last extent. */
  public Shape withLast(int extent) {
    int[] copy = dims.clone();
    copy[copy.length - 1] = extent;
    return new Shape(copy);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Shape && Arrays.equals(dims, ((Shape) o).dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  @Override
  public String toString() {
    return Arrays.toString(dims).replace(" ", "");
  }
}
