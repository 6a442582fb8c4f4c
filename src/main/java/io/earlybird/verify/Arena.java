package io.earlybird.verify;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One piece of device memory for all buffers of one case, with guard bytes between them: a write
 * that leaves its buffer, or changes an operand, shows.
 */
final class Arena implements AutoCloseable {
  private static final byte GUARD = (byte) 0xA5;

  private final Backend backend;
  private final List<Region> regions = new ArrayList<>();
  private long end = Backend.ALIGNMENT;
  private Memory memory;

  /** A buffer: its name for messages, its place, and whether kernels write it. */
  record Region(String name, long offset, long bytes, boolean written) {}

  Arena(Backend backend) {
    this.backend = backend;
  }

  /** Reserves a buffer, surrounded by at least {@link Backend#ALIGNMENT} guard bytes. */
  Region reserve(String name, long bytes, boolean written) {
    Region region = new Region(name, end, bytes, written);
    regions.add(region);
    long blocks = (bytes + Backend.ALIGNMENT - 1) / Backend.ALIGNMENT;
    end += (blocks + 1) * Backend.ALIGNMENT;
    return region;
  }

  /** Allocates; to be called once, after the last {@link #reserve}. */
  void allocate() {
    memory = backend.allocate(end, "verify");
    byte[] bytes = new byte[Math.toIntExact(end)];
    Arrays.fill(bytes, GUARD);
    write(whole(), bytes);
  }

  /** The slice of a region. */
  Slice slice(Region region) {
    return new Slice(memory, region.offset, region.bytes);
  }

  private Slice whole() {
    return new Slice(memory, 0, memory.bytes());
  }

  /** Fills every written buffer with the given byte. */
  void poison(int value) {
    for (Region region : regions) {
      if (region.written && region.bytes > 0) {
        byte[] bytes = new byte[Math.toIntExact(region.bytes)];
        Arrays.fill(bytes, (byte) value);
        write(slice(region), bytes);
      }
    }
  }

  private void write(Slice slice, byte[] bytes) {
    backend.write(slice, HostTensor.of(bytes, bytes.length));
  }

  /** All bytes, guards included. */
  byte[] snapshot() {
    HostTensor all = backend.read(whole(), TensorSpec.of(DType.U8, Math.toIntExact(end)));
    byte[] bytes = new byte[Math.toIntExact(end)];
    all.buffer().get(bytes);
    return bytes;
  }

  /** What changed outside the written buffers since {@code before}, or {@code null}. */
  String damage(byte[] before, byte[] after) {
    for (int i = 0; i < before.length; i++) {
      if (before[i] != after[i]) {
        String at = place(i);
        if (at != null) {
          return at;
        }
      }
    }
    return null;
  }

  private String place(int at) {
    Region previous = null;
    for (Region region : regions) {
      if (at < region.offset) {
        break;
      }
      previous = region;
    }
    if (previous == null) {
      return "wrote before the first buffer";
    }
    long beyond = at - previous.offset - previous.bytes;
    if (beyond >= 0) {
      return "wrote byte " + beyond + " past the end of " + previous.name;
    }
    return previous.written
        ? null
        : "changed byte " + (at - previous.offset) + " of " + previous.name;
  }

  @Override
  public void close() {
    if (memory != null) {
      memory.close();
    }
  }
}
