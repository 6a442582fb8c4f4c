package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.NativeKernels.eb_avg_pool_backward_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_avg_pool_backward_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_avg_pool_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_avg_pool_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_max_pool_backward_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_max_pool_backward_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_max_pool_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_max_pool_f32;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.cpu.NativeKernels.PoolGeometry;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.AvgPool2dBackward;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.MaxPool2dBackward;

/** Pooling of plain NHWC pictures. */
final class PoolingKernels {
  private PoolingKernels() {}

  private static PoolGeometry geometry(Shape picture, int kernel, int stride, int padding) {
    return new PoolGeometry()
        .images(picture.dim(0))
        .height(picture.dim(1))
        .width(picture.dim(2))
        .channels(picture.dim(3))
        .kernel(kernel)
        .stride(stride)
        .padding(padding);
  }

  static Kernel max(KernelRequest request, DType element) {
    MaxPool2d op = (MaxPool2d) request.op();
    Shape picture = request.inputs().get(0).shape();
    return OwnKernel.activations(
        request,
        1,
        element,
        b -> {
          var pool = geometry(picture, op.kernel(), op.stride(), op.padding());
          var places = b.bytesOut(1);
          if (element == DType.BF16) {
            var x = b.shortsIn(0);
            var y = b.shortsOut(0);
            return () -> eb_max_pool_bf16(pool, x, y, places);
          }
          var x = b.in(0);
          var y = b.out(0);
          return () -> eb_max_pool_f32(pool, x, y, places);
        });
  }

  static Kernel maxBackward(KernelRequest request, DType element) {
    MaxPool2dBackward op = (MaxPool2dBackward) request.op();
    Shape picture = request.outputs().get(0).shape();
    return OwnKernel.activations(
        request,
        1,
        element,
        b -> {
          var pool = geometry(picture, op.kernel(), op.stride(), op.padding());
          var places = b.bytesIn(1);
          if (element == DType.BF16) {
            var dy = b.shortsIn(0);
            var dx = b.shortsOut(0);
            return () -> eb_max_pool_backward_bf16(pool, dy, places, dx);
          }
          var dy = b.in(0);
          var dx = b.out(0);
          return () -> eb_max_pool_backward_f32(pool, dy, places, dx);
        });
  }

  static Kernel average(KernelRequest request, DType element) {
    AvgPool2d op = (AvgPool2d) request.op();
    Shape picture = request.inputs().get(0).shape();
    return OwnKernel.activations(
        request,
        1,
        element,
        b -> {
          var pool = geometry(picture, op.kernel(), op.stride(), 0);
          if (element == DType.BF16) {
            var x = b.shortsIn(0);
            var y = b.shortsOut(0);
            return () -> eb_avg_pool_bf16(pool, x, y);
          }
          var x = b.in(0);
          var y = b.out(0);
          return () -> eb_avg_pool_f32(pool, x, y);
        });
  }

  static Kernel averageBackward(KernelRequest request, DType element) {
    AvgPool2dBackward op = (AvgPool2dBackward) request.op();
    Shape picture = request.outputs().get(0).shape();
    return OwnKernel.activations(
        request,
        1,
        element,
        b -> {
          var pool = geometry(picture, op.kernel(), op.stride(), 0);
          if (element == DType.BF16) {
            var dy = b.shortsIn(0);
            var dx = b.shortsOut(0);
            return () -> eb_avg_pool_backward_bf16(pool, dy, dx);
          }
          var dy = b.in(0);
          var dx = b.out(0);
          return () -> eb_avg_pool_backward_f32(pool, dy, dx);
        });
  }
}
