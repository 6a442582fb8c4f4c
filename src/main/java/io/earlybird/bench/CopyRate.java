package io.earlybird.bench;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Program;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** The rate at which a backend copies what is larger than its caches. */
final class CopyRate implements AutoCloseable {
  /** 64 MiB of floats. */
  private static final TensorSpec BLOCK = TensorSpec.f32(16 << 20);

  private final Backend backend;
  private final Kernel copy;
  private final Memory memory;
  private final Program program;
  private final long bytes;

  CopyRate(Backend backend) {
    this.backend = backend;
    Form plain = backend.defaultForm(BLOCK);
    bytes = plain.bytes();
    copy = backend.prepareReorder(BLOCK, plain, plain);
    memory = backend.allocate(2 * bytes, "measuring a copy");
    program =
        backend.program(
            List.of(
                copy.bind(
                    List.of(new Slice(memory, 0, bytes)),
                    List.of(new Slice(memory, bytes, bytes)),
                    null)));
  }

  /** Bytes read and written by a copy now, in 10^9 per second. */
  double gigabytesPerSecond() {
    long from = System.nanoTime();
    program.run();
    backend.synchronize();
    return 2.0 * bytes / (System.nanoTime() - from);
  }

  @Override
  public void close() {
    program.close();
    memory.close();
    copy.close();
  }
}
