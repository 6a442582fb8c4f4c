package io.earlybird.backend.opencl;

import static org.jocl.CL.clReleaseMemObject;

import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import org.jocl.cl_mem;

/**
 * Device memory. Kernels take a memory and where they begin in it: sub-buffers would have to begin
 * where the device wants, which is farther apart than slices are.
 */
final class OpenClMemory implements Memory {
  private final long bytes;
  private final OpenClBackend owner;
  private cl_mem memory;

  OpenClMemory(cl_mem memory, long bytes, OpenClBackend owner) {
    this.memory = memory;
    this.bytes = bytes;
    this.owner = owner;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  /** Frees the memory once what was enqueued on it has run. */
  @Override
  public synchronized void close() {
    if (memory != null) {
      clReleaseMemObject(memory);
      memory = null;
      owner.freed(this);
    }
  }

  private synchronized cl_mem open() {
    if (memory == null) {
      throw new IllegalStateException("device memory of " + bytes + " bytes is closed");
    }
    return memory;
  }

  /** The memory object behind a slice. */
  static cl_mem object(Slice slice) {
    if (!(slice.memory() instanceof OpenClMemory memory)) {
      throw new IllegalArgumentException("not memory of the OpenCL backend: " + slice.memory());
    }
    return memory.open();
  }
}
