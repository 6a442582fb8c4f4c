package io.earlybird.tensor;

/** Element types of logical tensors and of the physical buffers that hold them. */
public enum DType {
  F32(4),
  F64(8),
  BF16(2),
  U8(1),
  I32(4),
  I64(8);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Whether values are floating-point numbers. */
  public boolean isFloating() {
    return this == F32 || this == F64 || this == BF16;
  }
}
