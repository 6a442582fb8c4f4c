package io.earlybird.backend.cpu;

import io.earlybird.EarlybirdException;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;

/**
 * The JVM's signal handlers, kept while foreign code runs that may put its own in their place. A
 * driver that brings LLVM does so, and then two threads that stop for a garbage collection can end
 * the process; see {@code native/include/earlybird/signals.h}.
 */
public final class SignalHandlers {
  private SignalHandlers() {}

  /**
   * Runs {@code foreign} and then puts the handlers back that were in place before.
   *
   * @throws EarlybirdException if the CPU library cannot be loaded
   */
  public static <T> T keptDuring(Supplier<T> foreign) {
    Pointer kept = keep();
    try {
      return foreign.get();
    } finally {
      restore(kept);
    }
  }

  /** Remembers the handlers that are in place. */
  static Pointer keep() {
    CpuLibrary.load();
    return NativeKernels.eb_keep_signal_handlers();
  }

  /** Puts them back, once; returns how many signals had another handler meanwhile. */
  static int restore(Pointer kept) {
    return NativeKernels.eb_restore_signal_handlers(kept);
  }
}
