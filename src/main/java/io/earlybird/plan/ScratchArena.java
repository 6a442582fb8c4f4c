package io.earlybird.plan;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Memory;

/** The scratch memory that all plans of a session overlay. */
final class ScratchArena implements AutoCloseable {
  private final Backend backend;
  private Memory memory;
  private long wanted;

  ScratchArena(Backend backend) {
    this.backend = backend;
  }

  /** Asks for at least this much; takes effect at the next {@link #memory()}. */
  void reserve(long bytes) {
    wanted = Math.max(wanted, bytes);
  }

  /** The memory, grown if a plan asked for more. A grown arena is another object. */
  Memory memory() {
    if (memory == null || memory.bytes() < wanted) {
      if (memory != null) {
        memory.close();
        memory = null;
      }
      memory = backend.allocate(wanted, "activations and scratch");
    }
    return memory;
  }

  @Override
  public void close() {
    if (memory != null) {
      memory.close();
      memory = null;
    }
  }
}
