package io.earlybird.backend.cpu;

import io.earlybird.tensor.op.Op;
import java.util.HashMap;
import java.util.Map;

/** The list of CPU kernels: one factory per op. */
final class CpuKernels {
  private CpuKernels() {}

  /** Factories by class of op. An op that is absent has no CPU kernel. */
  static Map<Class<? extends Op>, KernelFactory> all() {
    Map<Class<? extends Op>, KernelFactory> factories = new HashMap<>();
    ProductKernels.register(factories);
    OwnKernels.register(factories);
    return Map.copyOf(factories);
  }
}
