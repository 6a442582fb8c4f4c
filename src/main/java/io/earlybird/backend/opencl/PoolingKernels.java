package io.earlybird.backend.opencl;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.AvgPool2dBackward;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.MaxPool2dBackward;

/** Pooling of plain NHWC tensors. */
final class PoolingKernels {
  private PoolingKernels() {}

  /** Pooling of x to y. */
  private record Pool(Shape x, Shape y, int window, int stride, int padding) {
    /** The arguments EB_POOL and n of a kernel with an item per group of channels of a tensor. */
    Calls.Call extents(Calls.Call call, int items) {
      return call.numbers(
          x.dim(0), x.dim(1), x.dim(2), x.dim(3), y.dim(1), y.dim(2), window, stride, padding,
          items);
    }

    /** Groups of channels of a tensor. */
    static int items(Shape shape, Spread spread) {
      return shape.dim(0) * shape.dim(1) * shape.dim(2) * spread.groups(shape.dim(3));
    }

    String defines(Spread spread) {
      return spread.widthDefines(x.dim(3));
    }
  }

  static Kernel max(KernelRequest request, OpenClBackend backend) {
    MaxPool2d op = (MaxPool2d) request.op();
    Shape y = request.outputs().get(0).shape();
    Pool pool =
        new Pool(request.inputs().get(0).shape(), y, op.kernel(), op.stride(), op.padding());
    return OwnOpenClKernel.plain(
        request,
        backend,
        calls -> {
          int items = Pool.items(y, calls.spread());
          pool.extents(
                  calls.call("max_pool2d", pool.defines(calls.spread()), "max_pool2d_f32").in(0),
                  items)
              .out(0)
              .slice(calls.output(1), 1)
              .items(items);
        });
  }

  static Kernel maxBackward(KernelRequest request, OpenClBackend backend) {
    MaxPool2dBackward op = (MaxPool2dBackward) request.op();
    Shape x = request.outputs().get(0).shape();
    Pool pool =
        new Pool(x, request.inputs().get(0).shape(), op.kernel(), op.stride(), op.padding());
    return OwnOpenClKernel.plain(
        request,
        backend,
        calls -> {
          int items = Pool.items(x, calls.spread());
          pool.extents(
                  calls
                      .call("max_pool2d", pool.defines(calls.spread()), "max_pool2d_backward_f32")
                      .in(0)
                      .slice(calls.input(1), 1),
                  items)
              .out(0)
              .items(items);
        });
  }

  static Kernel average(KernelRequest request, OpenClBackend backend) {
    AvgPool2d op = (AvgPool2d) request.op();
    Shape y = request.outputs().get(0).shape();
    Pool pool = new Pool(request.inputs().get(0).shape(), y, op.kernel(), op.stride(), 0);
    return average(request, backend, pool, y, "avg_pool2d_f32");
  }

  static Kernel averageBackward(KernelRequest request, OpenClBackend backend) {
    AvgPool2dBackward op = (AvgPool2dBackward) request.op();
    Shape x = request.outputs().get(0).shape();
    Pool pool = new Pool(x, request.inputs().get(0).shape(), op.kernel(), op.stride(), 0);
    return average(request, backend, pool, x, "avg_pool2d_backward_f32");
  }

  private static Kernel average(
      KernelRequest request, OpenClBackend backend, Pool pool, Shape result, String name) {
    return OwnOpenClKernel.plain(
        request,
        backend,
        calls -> {
          int items = Pool.items(result, calls.spread());
          pool.extents(calls.call("avg_pool2d", pool.defines(calls.spread()), name).in(0), items)
              .out(0)
              .items(items);
        });
  }
}
