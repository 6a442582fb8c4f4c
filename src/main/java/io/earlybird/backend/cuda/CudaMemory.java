package io.earlybird.backend.cuda;

import static org.bytedeco.cuda.global.cudart.cudaFree;

import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** Device memory. The pointers it gives out are bare device addresses. */
final class CudaMemory implements Memory {
  private final long bytes;
  private final CudaBackend owner;
  private BytePointer base;

  CudaMemory(BytePointer base, long bytes, CudaBackend owner) {
    this.base = base;
    this.bytes = bytes;
    this.owner = owner;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  /** Frees the memory; the runtime waits for whatever still uses it. */
  @Override
  public synchronized void close() {
    if (base != null) {
      cudaFree(base);
      base = null;
      owner.freed(this);
    }
  }

  private synchronized Pointer at(long offset) {
    if (base == null) {
      throw new IllegalStateException("device memory of " + bytes + " bytes is closed");
    }
    return base.getPointer(offset);
  }

  /** Device address of the first byte of a slice. */
  static Pointer pointer(Slice slice) {
    if (!(slice.memory() instanceof CudaMemory memory)) {
      throw new IllegalArgumentException("not memory of the CUDA backend: " + slice.memory());
    }
    return memory.at(slice.offset());
  }
}
