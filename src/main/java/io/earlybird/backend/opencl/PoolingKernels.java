package io.earlybird.backend.opencl;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.AvgPool2dBackward;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.MaxPool2dBackward;
import java.util.Locale;

/** Pooling of plain NHWC tensors. */
final class PoolingKernels {
  private PoolingKernels() {}

  /** Pooling of x to y. */
  private record Pool(Shape x, Shape y, int window, int stride, int padding) {
    /** Begins the call of a kernel whose work-items go over the pixels of a result. */
    Calls.Call call(Calls calls, String file, String name) {
      Spread spread = calls.spread();
      String streaming = x.dim(3) % Spread.LINE == 0 ? " " + calls.streaming(0) : "";
      return calls.call(
          file,
          String.format(
                  Locale.ROOT,
                  "-DEB_WINDOW=%d -DEB_STRIDE=%d -DEB_PADDING=%d -DEB_LANES=%d",
                  window,
                  stride,
                  padding,
                  x.dim(3) >= Spread.LINE && spread.isProcessor() ? Spread.LINE : 1)
              + streaming,
          name);
    }

    /** The arguments EB_POOL and lines. */
    Calls.Call extents(Calls.Call call, Shape result) {
      return call.numbers(x.dim(1), x.dim(2), x.dim(3), y.dim(1), y.dim(2))
          .numbers(result.dim(0) * result.dim(1));
    }

    /** Runs a call over the pixels of its result. */
    static void run(Calls.Call call, Shape result, Spread spread) {
      call.rounds(spread.isProcessor() ? (long) result.dim(0) * result.dim(1) : result.size());
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
        calls ->
            Pool.run(
                pool.extents(pool.call(calls, "max_pool2d", "max_pool2d_f32").in(0), y)
                    .out(0)
                    .slice(calls.output(1), 1),
                y,
                calls.spread()));
  }

  static Kernel maxBackward(KernelRequest request, OpenClBackend backend) {
    MaxPool2dBackward op = (MaxPool2dBackward) request.op();
    Shape x = request.outputs().get(0).shape();
    Pool pool =
        new Pool(x, request.inputs().get(0).shape(), op.kernel(), op.stride(), op.padding());
    return OwnOpenClKernel.plain(
        request,
        backend,
        calls ->
            Pool.run(
                pool.extents(
                        pool.call(calls, "max_pool2d", "max_pool2d_backward_f32")
                            .in(0)
                            .slice(calls.input(1), 1),
                        x)
                    .out(0),
                x,
                calls.spread()));
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
        calls ->
            Pool.run(
                pool.extents(pool.call(calls, "avg_pool2d", name).in(0), result).out(0),
                result,
                calls.spread()));
  }
}
