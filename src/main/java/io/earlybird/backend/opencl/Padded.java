package io.earlybird.backend.opencl;

/**
 * A tensor {@code [N,H,W,C]} within zeros, so that every window on it is whole: pixel (r, c) lies
 * at (top + r, left + c), or is cut off where that is outside.
 *
 * @param channels channels of the tensor
 * @param paddedChannels as many or more
 */
record Padded(
    int images,
    int height,
    int width,
    int channels,
    int paddedHeight,
    int paddedWidth,
    int paddedChannels,
    int top,
    int left) {
  /** Elements beyond the last that kernels may read. */
  private static final int SLACK = 64;

  /** Whether the tensor itself is all that is needed. */
  boolean isSource() {
    return paddedHeight == height
        && paddedWidth == width
        && paddedChannels == channels
        && top == 0
        && left == 0;
  }

  /** Elements of a padded picture. */
  int imageStep() {
    return paddedHeight * rowStep();
  }

  /** Elements of a padded row. */
  int rowStep() {
    return paddedWidth * paddedChannels;
  }

  /** Bytes of the copy. */
  long bytes() {
    return ((long) images * imageStep() + SLACK) * Float.BYTES;
  }

  /** Adds the copy of an operand to scratch memory. */
  void copy(Calls calls, int operand, long roomAt) {
    int rows = images * paddedHeight;
    calls
        .call("pad", "pad_f32")
        .in(operand)
        .numbers(height, width, channels, paddedHeight, paddedWidth, paddedChannels)
        .numbers(top, left, rows)
        .room(roomAt, Float.BYTES)
        .items(rows);
  }
}
