package io.earlybird.backend.opencl;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.op.Fill;
import java.util.List;

/** Fill, sum and ReLU over stored elements of any form. */
final class ElementwiseKernels {
  private ElementwiseKernels() {}

  static Kernel fill(KernelRequest request, OpenClBackend backend) {
    float value = ((Fill) request.op()).value();
    int n = (int) request.outputs().get(0).size();
    return OwnOpenClKernel.plain(
        request,
        backend,
        calls ->
            calls
                .call("fill", calls.streaming(0), "fill_f32")
                .number(value)
                .out(0)
                .numbers(n)
                .elements(n));
  }

  /**
   * Copies a tensor. Drivers for processors copy on one thread; those for GPUs do it best
   * themselves.
   */
  static OwnOpenClKernel copy(OpenClBackend backend, String what, Form form) {
    boolean own =
        backend.spread().isProcessor()
            && form.bytes() % Float.BYTES == 0
            && form.bytes() / Float.BYTES <= Integer.MAX_VALUE;
    int n = (int) (form.bytes() / Float.BYTES);
    return OwnOpenClKernel.of(
        backend,
        what,
        List.of(form),
        List.of(form),
        calls -> {
          if (own) {
            calls.call("copy", calls.streaming(0), "copy_f32").in(0).out(0).numbers(n).elements(n);
          } else {
            calls.copy(0, 0, form.bytes());
          }
        });
  }

  static Kernel relu(KernelRequest request, OpenClBackend backend) {
    int n = (int) OwnOpenClKernel.existing(request, 0, 1).elements();
    return OwnOpenClKernel.elementwise(
        request,
        backend,
        1,
        calls ->
            calls.call("relu", calls.streaming(0), "relu_f32").in(0).out(0).numbers(n).elements(n));
  }

  static Kernel reluBackward(KernelRequest request, OpenClBackend backend) {
    int n = (int) OwnOpenClKernel.existing(request, 0, 2).elements();
    return OwnOpenClKernel.elementwise(
        request,
        backend,
        2,
        calls ->
            calls
                .call("relu", calls.streaming(0), "relu_backward_f32")
                .in(0, 1)
                .out(0)
                .numbers(n)
                .elements(n));
  }

  static Kernel add(KernelRequest request, OpenClBackend backend) {
    int n = (int) OwnOpenClKernel.existing(request, 0, 2).elements();
    return OwnOpenClKernel.elementwise(
        request,
        backend,
        2,
        calls ->
            calls
                .call("add", calls.streaming(0), "add_f32")
                .in(0, 1)
                .out(0)
                .numbers(n)
                .elements(n));
  }
}
