package io.earlybird.backend.opencl;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Support;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Op;
import java.util.List;

/**
 * Makes the OpenCL kernels of one op. Factories hold no state; {@link OpenClKernels} lists them.
 */
interface OpenClKernelFactory {
  /** Whether there is a kernel for the op on these operands. */
  Support supports(Op op, List<TensorSpec> inputs);

  /** Prepares a kernel for an op that {@link #supports} accepted. */
  Kernel prepare(KernelRequest request, OpenClBackend backend);
}
