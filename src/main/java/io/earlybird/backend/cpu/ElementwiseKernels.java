package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.NativeKernels.eb_add_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_add_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_fill_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_relu_backward_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_relu_backward_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_relu_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_relu_f32;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.op.Fill;

/**
 * Fill, sum and ReLU. On fp32 they take any form: they run over stored elements, padding included.
 */
final class ElementwiseKernels {
  private ElementwiseKernels() {}

  static Kernel fill(KernelRequest request) {
    float value = ((Fill) request.op()).value();
    return OwnKernel.plain(
        request,
        b -> {
          var y = b.out(0);
          long n = request.outputs().get(0).size();
          return () -> eb_fill_f32(value, y, n);
        });
  }

  static Kernel relu(KernelRequest request, DType element) {
    if (element == DType.BF16) {
      long n = request.inputs().get(0).size();
      return OwnKernel.activations(
              request,
              1,
              element,
              b -> {
                var x = b.shortsIn(0);
                var y = b.shortsOut(0);
                return () -> eb_relu_bf16(x, y, n);
              })
          .overwriting((output, input) -> true);
    }
    long n = OwnKernel.existing(request, 0, 1).elements();
    return OwnKernel.elementwise(
        request,
        1,
        b -> {
          var x = b.in(0);
          var y = b.out(0);
          return () -> eb_relu_f32(x, y, n);
        });
  }

  static Kernel reluBackward(KernelRequest request, DType element) {
    if (element == DType.BF16) {
      long n = request.inputs().get(0).size();
      return OwnKernel.activations(
              request,
              2,
              element,
              b -> {
                var y = b.shortsIn(0);
                var dy = b.shortsIn(1);
                var dx = b.shortsOut(0);
                return () -> eb_relu_backward_bf16(y, dy, dx, n);
              })
          .overwriting((output, input) -> true);
    }
    long n = OwnKernel.existing(request, 0, 2).elements();
    return OwnKernel.elementwise(
        request,
        2,
        b -> {
          var y = b.in(0);
          var dy = b.in(1);
          var dx = b.out(0);
          return () -> eb_relu_backward_f32(y, dy, dx, n);
        });
  }

  static Kernel add(KernelRequest request, DType element) {
    if (element == DType.BF16) {
      long n = request.inputs().get(0).size();
      return OwnKernel.activations(
              request,
              2,
              element,
              b -> {
                var x = b.shortsIn(0);
                var other = b.shortsIn(1);
                var y = b.shortsOut(0);
                return () -> eb_add_bf16(x, other, y, n);
              })
          .overwriting((output, input) -> true);
    }
    long n = OwnKernel.existing(request, 0, 2).elements();
    return OwnKernel.elementwise(
        request,
        2,
        b -> {
          var x = b.in(0);
          var other = b.in(1);
          var y = b.out(0);
          return () -> eb_add_f32(x, other, y, n);
        });
  }
}
