package io.earlybird.backend.reference;

import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.LongConsumer;

/** Memory on the Java heap. */
final class ReferenceMemory implements Memory {
  private final long bytes;
  private final LongConsumer onClose;
  private ByteBuffer data;

  ReferenceMemory(int bytes, LongConsumer onClose) {
    this.bytes = bytes;
    this.onClose = onClose;
    this.data = ByteBuffer.allocate(bytes);
  }

  /** A little-endian view of a slice of reference memory, from index 0. */
  static ByteBuffer view(Slice slice) {
    if (!(slice.memory() instanceof ReferenceMemory memory)) {
      throw new IllegalArgumentException("not memory of the reference backend: " + slice.memory());
    }
    if (memory.data == null) {
      throw new IllegalStateException("memory of " + memory.bytes + " bytes is closed");
    }
    return memory
        .data
        .slice((int) slice.offset(), (int) slice.bytes())
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    if (data != null) {
      data = null;
      onClose.accept(bytes);
    }
  }
}
