package io.earlybird.backend.cuda;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Support;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Op;
import java.util.List;

/** Makes the CUDA kernels of one op; {@link CudaKernels} lists the factories. */
interface CudaKernelFactory {
  /** Whether there is a kernel for the op on these operands. */
  Support supports(Op op, List<TensorSpec> inputs);

  /** Prepares a kernel for a request that {@link #supports} accepted. */
  Kernel prepare(KernelRequest request, CudaBackend backend);
}
