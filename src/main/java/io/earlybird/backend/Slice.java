package io.earlybird.backend;

/**
 * A range of device memory.
 *
 * @param memory the memory
 * @param offset first byte, a multiple of {@link Backend#ALIGNMENT}
 * @param bytes length
 */
public record Slice(Memory memory, long offset, long bytes) {
  /** Checks the range. */
  public Slice {
    if (offset < 0 || bytes < 0 || offset + bytes > memory.bytes()) {
      throw new IllegalArgumentException(
          "slice " + offset + "+" + bytes + " outside memory of " + memory.bytes() + " bytes");
    }
  }
}
