package io.earlybird.backend.opencl;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.Shape;

/** Fully connected layers on plain operands. */
final class LinearKernels {
  private static final String FILE = "linear";

  private LinearKernels() {}

  static Kernel forward(KernelRequest request, OpenClBackend backend) {
    Shape x = request.inputs().get(0).shape();
    int out = request.inputs().get(1).shape().dim(0);
    return OwnOpenClKernel.plain(
        request,
        backend,
        calls ->
            calls
                .call(FILE, "linear_f32")
                .in(0, 1, 2)
                .numbers(x.dim(0), x.dim(1), out)
                .out(0)
                .items((long) x.dim(0) * out));
  }

  static Kernel backwardData(KernelRequest request, OpenClBackend backend) {
    Shape w = request.inputs().get(1).shape();
    int rows = request.inputs().get(0).shape().dim(0);
    return OwnOpenClKernel.plain(
        request,
        backend,
        calls ->
            calls
                .call(FILE, "linear_backward_data_f32")
                .in(0, 1)
                .numbers(rows, w.dim(1), w.dim(0))
                .out(0)
                .items((long) rows * w.dim(1)));
  }

  static Kernel backwardWeight(KernelRequest request, OpenClBackend backend) {
    Shape x = request.inputs().get(0).shape();
    int out = request.inputs().get(1).shape().dim(1);
    return OwnOpenClKernel.plain(
        request,
        backend,
        calls -> {
          calls
              .call(FILE, "linear_backward_weight_f32")
              .in(0, 1)
              .numbers(x.dim(0), x.dim(1), out)
              .out(0)
              .items((long) out * x.dim(1));
          calls.call(FILE, "column_sums_f32").in(1).numbers(x.dim(0), out).out(1).items(out);
        });
  }
}
