package io.earlybird.bench;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** The rate at which a backend copies what is larger than its caches. */
final class CopyRate {
  /** 64 MiB of floats. */
  private static final TensorSpec BLOCK = TensorSpec.f32(16 << 20);

  private static final int REPEATS = 12;

  private CopyRate() {}

  /** Bytes read and written by the fastest of some copies, in 10^9 per second. */
  static double gigabytesPerSecond(Backend backend) {
    Form plain = backend.defaultForm(BLOCK);
    long bytes = plain.bytes();
    try (Kernel copy = backend.prepareReorder(BLOCK, plain, plain);
        Memory memory = backend.allocate(2 * bytes, "measuring a copy");
        var program =
            backend.program(
                List.of(
                    copy.bind(
                        List.of(new Slice(memory, 0, bytes)),
                        List.of(new Slice(memory, bytes, bytes)),
                        null)))) {
      double best = Double.POSITIVE_INFINITY;
      for (int i = 0; i < REPEATS; i++) {
        long from = System.nanoTime();
        program.run();
        backend.synchronize();
        best = Math.min(best, (System.nanoTime() - from) * 1e-9);
      }
      return 2 * bytes / best * 1e-9;
    }
  }
}
