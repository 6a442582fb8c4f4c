package io.earlybird.models;

import io.earlybird.backend.Backend;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.backend.opencl.OpenClBackend;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The backends on which networks are tested. */
public final class TestBackends {
  private static final List<Supplier<Backend>> ALL = all();

  private TestBackends() {}

  /** OpenCL among them where there is a device, such as PoCL's. */
  private static List<Supplier<Backend>> all() {
    List<Supplier<Backend>> all =
        new ArrayList<>(List.of(() -> new ReferenceBackend(DType.F32), CpuBackend::new));
    if (OpenClBackend.probe().ok()) {
      all.add(OpenClBackend::open);
    }
    return List.copyOf(all);
  }

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
