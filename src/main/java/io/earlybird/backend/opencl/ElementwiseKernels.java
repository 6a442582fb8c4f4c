package io.earlybird.backend.opencl;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.op.Fill;

/** Fill, sum and ReLU over stored elements of any form. */
final class ElementwiseKernels {
  private ElementwiseKernels() {}

  static Kernel fill(KernelRequest request, OpenClBackend backend) {
    float value = ((Fill) request.op()).value();
    int n = (int) request.outputs().get(0).size();
    return OwnOpenClKernel.plain(
        request,
        backend,
        calls -> calls.call("fill", "fill_f32").number(value).out(0).numbers(n).elements(n));
  }

  static Kernel relu(KernelRequest request, OpenClBackend backend) {
    int n = (int) OwnOpenClKernel.existing(request, 0, 1).elements();
    return OwnOpenClKernel.elementwise(
        request,
        backend,
        1,
        calls -> calls.call("relu", "relu_f32").in(0).out(0).numbers(n).elements(n));
  }

  static Kernel reluBackward(KernelRequest request, OpenClBackend backend) {
    int n = (int) OwnOpenClKernel.existing(request, 0, 2).elements();
    return OwnOpenClKernel.elementwise(
        request,
        backend,
        2,
        calls -> calls.call("relu", "relu_backward_f32").in(0, 1).out(0).numbers(n).elements(n));
  }

  static Kernel add(KernelRequest request, OpenClBackend backend) {
    int n = (int) OwnOpenClKernel.existing(request, 0, 2).elements();
    return OwnOpenClKernel.elementwise(
        request,
        backend,
        2,
        calls -> calls.call("add", "add_f32").in(0, 1).out(0).numbers(n).elements(n));
  }
}
