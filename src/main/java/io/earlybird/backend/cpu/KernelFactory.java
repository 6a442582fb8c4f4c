package io.earlybird.backend.cpu;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Support;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Op;
import java.util.List;

/** Makes the CPU kernels of one op. Factories hold no state; {@link CpuKernels} lists them. */
@FunctionalInterface
interface KernelFactory {
  /** Whether there is a kernel for the op on these operands. */
  default Support supports(Op op, List<TensorSpec> inputs) {
    return Support.YES;
  }

  /** Whether the op, which {@link #supports} accepted, is better than its parts. */
  default boolean joins(Op op, List<TensorSpec> inputs, CpuBackend backend) {
    return true;
  }

  /**
   * Prepares a kernel. The calling thread has the backend's number of OpenMP threads set.
   *
   * @param request the op, which {@link #supports} accepted, and its operands
   * @param backend whose memory the kernel will run on
   */
  Kernel prepare(KernelRequest request, CpuBackend backend);
}
