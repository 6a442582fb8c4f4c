package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_avg_pool2d;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_avg_pool2d_backward;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_max_pool2d;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_max_pool2d_backward;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.cuda.NativeCudaKernels.PoolExtents;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.AvgPool2dBackward;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.MaxPool2dBackward;

/** Pooling of plain NHWC tensors. */
final class PoolingCudaKernels {
  private PoolingCudaKernels() {}

  private static PoolExtents extents(Shape x, int kernel, int stride, int padding) {
    return new PoolExtents()
        .images(x.dim(0))
        .height(x.dim(1))
        .width(x.dim(2))
        .channels(x.dim(3))
        .kernel(kernel)
        .stride(stride)
        .padding(padding);
  }

  static Kernel max(KernelRequest request, CudaBackend backend, DType element) {
    int type = OwnCudaKernel.code(element);
    MaxPool2d op = (MaxPool2d) request.op();
    Shape shape = request.inputs().get(0).shape();
    return OwnCudaKernel.activations(
        request,
        backend,
        1,
        element,
        b -> {
          PoolExtents pool = extents(shape, op.kernel(), op.stride(), op.padding());
          var x = b.in(0);
          var y = b.out(0);
          var places = b.bytesOut(1);
          var stream = b.stream();
          return () -> eb_cuda_max_pool2d(type, x, pool, y, places, stream);
        });
  }

  static Kernel maxBackward(KernelRequest request, CudaBackend backend, DType element) {
    int type = OwnCudaKernel.code(element);
    MaxPool2dBackward op = (MaxPool2dBackward) request.op();
    Shape shape = request.outputs().get(0).shape();
    return OwnCudaKernel.activations(
        request,
        backend,
        1,
        element,
        b -> {
          PoolExtents pool = extents(shape, op.kernel(), op.stride(), op.padding());
          var dy = b.in(0);
          var places = b.bytesIn(1);
          var dx = b.out(0);
          var stream = b.stream();
          return () -> eb_cuda_max_pool2d_backward(type, dy, places, pool, dx, stream);
        });
  }

  static Kernel average(KernelRequest request, CudaBackend backend, DType element) {
    int type = OwnCudaKernel.code(element);
    AvgPool2d op = (AvgPool2d) request.op();
    Shape shape = request.inputs().get(0).shape();
    return OwnCudaKernel.activations(
        request,
        backend,
        1,
        element,
        b -> {
          PoolExtents pool = extents(shape, op.kernel(), op.stride(), 0);
          var x = b.in(0);
          var y = b.out(0);
          var stream = b.stream();
          return () -> eb_cuda_avg_pool2d(type, x, pool, y, stream);
        });
  }

  static Kernel averageBackward(KernelRequest request, CudaBackend backend, DType element) {
    int type = OwnCudaKernel.code(element);
    AvgPool2dBackward op = (AvgPool2dBackward) request.op();
    Shape shape = request.outputs().get(0).shape();
    return OwnCudaKernel.activations(
        request,
        backend,
        1,
        element,
        b -> {
          PoolExtents pool = extents(shape, op.kernel(), op.stride(), 0);
          var dy = b.in(0);
          var dx = b.out(0);
          var stream = b.stream();
          return () -> eb_cuda_avg_pool2d_backward(type, dy, pool, dx, stream);
        });
  }
}
