package io.earlybird.models;

import io.earlybird.backend.Backend;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.tensor.DType;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The backends on which networks are tested. */
public final class TestBackends {
  private static final List<Supplier<Backend>> ALL =
      List.of(() -> new ReferenceBackend(DType.F32), CpuBackend::new);

  private TestBackends() {}

  /** Runs a check on every backend that can train a network. */
  public static void each(Consumer<Backend> check) {
    for (Supplier<Backend> supplier : ALL) {
      try (Backend backend = supplier.get()) {
        run(check, backend);
      }
    }
  }

  /** The fastest of them. */
  public static Backend fastest() {
    return new CpuBackend();
  }

  private static void run(Consumer<Backend> check, Backend backend) {
    try {
      check.accept(backend);
    } catch (AssertionError e) {
      throw new AssertionError("backend " + backend.name() + ": " + e.getMessage(), e);
    }
  }
}
