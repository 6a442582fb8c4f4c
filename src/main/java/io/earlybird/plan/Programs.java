package io.earlybird.plan;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Program;
import io.earlybird.backend.Slice;
import java.util.List;

/** Running single kernels outside of a plan. */
final class Programs {
  private Programs() {}

  /** Runs a kernel with one operand and one result, once. */
  static void runOnce(Backend backend, Kernel kernel, Slice source, Slice target) {
    long bytes = kernel.scratchBytes();
    try (Memory scratch = bytes == 0 ? null : backend.allocate(bytes, "scratch of a copy")) {
      Slice room = scratch == null ? null : new Slice(scratch, 0, bytes);
      try (Program program =
          backend.program(List.of(kernel.bind(List.of(source), List.of(target), room)))) {
        program.run();
      }
    }
  }
}
