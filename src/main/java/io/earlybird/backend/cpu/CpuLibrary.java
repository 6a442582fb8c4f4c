package io.earlybird.backend.cpu;

import io.earlybird.EarlybirdException;

/**
 * The CPU libraries as a whole: loading, instruction set and threads.
 *
 * <p>{@link NativeKernels} loads oneDNN and the kernels by itself when it is first used; {@link
 * #load()} does it earlier and turns a failure into a message for the user.
 */
public final class CpuLibrary {
  private CpuLibrary() {}

  /**
   * Loads oneDNN and the kernels; later calls do nothing.
   *
   * @throws EarlybirdException if a library is missing or does not fit this machine
   */
  public static void load() {
    try {
      NativeKernels.eb_kernel_count();
    } catch (LinkageError e) {
      Throwable root = e;
      while (root.getCause() != null) {
        root = root.getCause();
      }
      throw new EarlybirdException("the CPU backend cannot be loaded: " + root.getMessage(), e);
    }
  }

  /** Instruction set of the kernels in use, such as {@code x86-64-v3}. */
  public static String isaName() {
    load();
    return NativeKernels.eb_isa_name().getString();
  }

  /**
   * Sets the number of OpenMP threads of the calling thread, for oneDNN and own kernels alike.
   *
   * @param threads 1..1024
   * @throws IllegalArgumentException if out of range
   */
  public static void setThreads(int threads) {
    load();
    if (NativeKernels.eb_set_threads(threads) != NativeKernels.EB_OK) {
      throw new IllegalArgumentException("threads must be in 1..1024, not " + threads);
    }
  }

  /** Number of OpenMP threads that kernels called from the calling thread use. */
  public static int threads() {
    load();
    return NativeKernels.eb_get_threads();
  }
}
