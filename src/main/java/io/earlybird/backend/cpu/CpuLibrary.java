package io.earlybird.backend.cpu;

import io.earlybird.EarlybirdException;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Loader;

/**
 * Loads the CPU libraries in the one order that works: oneDNN first, because it brings the OpenMP
 * runtime (libgomp) that our own kernels then share. In the other order two runtimes are mapped and
 * a thread setting reaches only one of them.
 *
 * <p>Call {@link #load()} before the first use of {@link NativeKernels}.
 */
public final class CpuLibrary {
  private CpuLibrary() {}

  /**
   * Loads oneDNN and then the kernels; later calls do nothing.
   *
   * @throws EarlybirdException if a library is missing or does not fit this machine
   */
  public static void load() {
    try {
      Holder.touch();
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

  /** Loading happens in the class initializer: once, and safely from any thread. */
  private static final class Holder {
    static {
      Loader.load(dnnl.class);
      Loader.load(NativeKernels.class);
    }

    static void touch() {}
  }
}
