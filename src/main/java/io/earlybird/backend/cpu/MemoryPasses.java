package io.earlybird.backend.cpu;

import java.util.function.LongFunction;
import java.util.function.ToIntFunction;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Reads memory that no cache holds, and writes it, as fast as the processor can: what kernels that
 * move more in one direction than in the other are compared with.
 */
public final class MemoryPasses implements AutoCloseable {
  private static final int LINE = 64;

  private final int threads;
  private final long bytes;
  private final BytePointer memory;
  private final long begin;
  private final long[] sink = new long[1];
  private long next;

  /**
   * Takes the memory.
   *
   * @param threads 1..1024
   * @param bytes more than caches hold; rounded up to whole lines
   */
  public MemoryPasses(int threads, long bytes) {
    CpuLibrary.setThreads(threads);
    this.threads = threads;
    this.bytes = (bytes + LINE - 1) / LINE * LINE;
    memory = new BytePointer(this.bytes + LINE);
    begin = (LINE - memory.address() % LINE) % LINE;
    require(NativeKernels.eb_memory_write(memory.getPointer(begin), this.bytes));
  }

  /** Seconds in which all threads read so many bytes, in whole lines. */
  public double readSeconds(long amount) {
    return seconds(amount, size -> p -> NativeKernels.eb_memory_read(p, size, sink));
  }

  /** Seconds in which all threads write so many bytes, in whole lines. */
  public double writeSeconds(long amount) {
    return seconds(amount, size -> p -> NativeKernels.eb_memory_write(p, size));
  }

  private double seconds(long amount, LongFunction<ToIntFunction<Pointer>> pass) {
    long size = Math.min(bytes, amount / LINE * LINE);
    if (size == 0) {
      return 0;
    }
    CpuLibrary.setThreads(threads);
    next = next + size > bytes ? 0 : next;
    Pointer from = memory.getPointer(begin + next);
    ToIntFunction<Pointer> run = pass.apply(size);
    long before = System.nanoTime();
    int status = run.applyAsInt(from);
    long after = System.nanoTime();
    require(status);
    next += size;
    return (after - before) * 1e-9 * amount / size;
  }

  private static void require(int status) {
    if (status != NativeKernels.EB_OK) {
      throw new IllegalStateException("memory refused to be measured");
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
