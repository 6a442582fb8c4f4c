package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_add_f32;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_copy;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_fill_f32;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_relu_backward_f32;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_relu_f32;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_transpose_f32;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Fill;
import java.util.List;

/** Fill, sum and ReLU over stored elements of any form, and changes of form. */
final class ElementwiseCudaKernels {
  private ElementwiseCudaKernels() {}

  static Kernel fill(KernelRequest request, CudaBackend backend) {
    float value = ((Fill) request.op()).value();
    long n = request.outputs().get(0).size();
    return OwnCudaKernel.plain(
        request,
        backend,
        b -> {
          var y = b.out(0);
          var stream = b.stream();
          return () -> eb_cuda_fill_f32(value, y, n, stream);
        });
  }

  static Kernel relu(KernelRequest request, CudaBackend backend) {
    long n = OwnCudaKernel.existing(request, 0, 1).elements();
    return OwnCudaKernel.elementwise(
        request,
        backend,
        1,
        b -> {
          var x = b.in(0);
          var y = b.out(0);
          var stream = b.stream();
          return () -> eb_cuda_relu_f32(x, y, n, stream);
        });
  }

  static Kernel reluBackward(KernelRequest request, CudaBackend backend) {
    long n = OwnCudaKernel.existing(request, 0, 2).elements();
    return OwnCudaKernel.elementwise(
        request,
        backend,
        2,
        b -> {
          var y = b.in(0);
          var dy = b.in(1);
          var dx = b.out(0);
          var stream = b.stream();
          return () -> eb_cuda_relu_backward_f32(y, dy, dx, n, stream);
        });
  }

  static Kernel add(KernelRequest request, CudaBackend backend) {
    long n = OwnCudaKernel.existing(request, 0, 2).elements();
    return OwnCudaKernel.elementwise(
        request,
        backend,
        2,
        b -> {
          var x = b.in(0);
          var other = b.in(1);
          var y = b.out(0);
          var stream = b.stream();
          return () -> eb_cuda_add_f32(x, other, y, n, stream);
        });
  }

  /**
   * The copy of a tensor from one form to another.
   *
   * @throws UnsupportedOperationException for forms other than plain and {@link WeightOrder}
   */
  static Kernel reorder(CudaBackend backend, TensorSpec spec, Form from, Form to) {
    String what = "Reorder of " + spec + " from " + from.layout() + " to " + to.layout();
    if (from.equals(to)) {
      long bytes = from.bytes();
      return OwnCudaKernel.of(
          backend,
          what,
          List.of(from),
          List.of(to),
          b -> {
            var source = b.bytesIn(0);
            var target = b.bytesOut(0);
            var stream = b.stream();
            return () -> eb_cuda_copy(source, target, bytes, stream);
          });
    }
    boolean outwards = from.isPlain() && to.layout() == WeightOrder.OHWI;
    boolean inwards = to.isPlain() && from.layout() == WeightOrder.OHWI;
    if (spec.dtype() != DType.F32 || spec.shape().rank() != 4 || !(outwards || inwards)) {
      throw new UnsupportedOperationException("no " + what);
    }
    long channels = spec.shape().dim(1);
    long taps = (long) spec.shape().dim(2) * spec.shape().dim(3);
    long rows = outwards ? channels : taps;
    long columns = outwards ? taps : channels;
    return OwnCudaKernel.of(
        backend,
        what,
        List.of(from),
        List.of(to),
        b -> {
          var source = b.in(0);
          var target = b.out(0);
          var stream = b.stream();
          return () ->
              eb_cuda_transpose_f32(source, spec.shape().dim(0), rows, columns, target, stream);
        });
  }
}
