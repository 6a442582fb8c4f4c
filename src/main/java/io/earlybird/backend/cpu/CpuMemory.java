package io.earlybird.backend.cpu;

import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;

/**
 * Host memory outside the Java heap. The pointers it gives out are bare addresses: they own
 * nothing, keep nothing alive and may be used until the memory is closed.
 */
public final class CpuMemory implements Memory {
  private final long bytes;
  private final CpuBackend owner;
  private Pointer base;

  private CpuMemory(Pointer base, long bytes, CpuBackend owner) {
    this.base = base;
    this.bytes = bytes;
    this.owner = owner;
  }

  /** Zeroed memory, or {@code null} if the system has not enough. */
  static CpuMemory allocate(long bytes, CpuBackend owner) {
    Pointer base = NativeKernels.eb_allocate(Math.max(bytes, 1));
    return base == null || base.isNull() ? null : new CpuMemory(base, bytes, owner);
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public synchronized void close() {
    if (base != null) {
      NativeKernels.eb_free(base, Math.max(bytes, 1));
      base = null;
      owner.freed(this);
    }
  }

  private synchronized Pointer at(long offset) {
    if (base == null) {
      throw new IllegalStateException("memory of " + bytes + " bytes is closed");
    }
    return base.getPointer(offset);
  }

  /** Address of the first byte of a slice of CPU memory. */
  public static Pointer pointer(Slice slice) {
    if (!(slice.memory() instanceof CpuMemory memory)) {
      throw new IllegalArgumentException("not memory of the CPU backend: " + slice.memory());
    }
    return memory.at(slice.offset());
  }

  /** The slice as bytes. */
  public static BytePointer bytes(Slice slice) {
    return new BytePointer(pointer(slice));
  }

  /** The slice as floats. */
  public static FloatPointer floats(Slice slice) {
    return new FloatPointer(pointer(slice));
  }

  /** The slice as 16-bit integers, such as bf16 numbers. */
  static ShortPointer shorts(Slice slice) {
    return new ShortPointer(pointer(slice));
  }

  /** The slice as 32-bit integers. */
  public static IntPointer ints(Slice slice) {
    return new IntPointer(pointer(slice));
  }

  /** The slice as 64-bit integers. */
  public static LongPointer longs(Slice slice) {
    return new LongPointer(pointer(slice));
  }
}
