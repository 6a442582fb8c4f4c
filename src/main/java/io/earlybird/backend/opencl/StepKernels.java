package io.earlybird.backend.opencl;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.Augment;

/** What a step does besides the network: its batch, its loss, its metrics. */
final class StepKernels {
  private StepKernels() {}

  static Kernel softmax(KernelRequest request, OpenClBackend backend) {
    Shape shape = request.inputs().get(0).shape();
    int rows = shape.dim(0);
    return OwnOpenClKernel.plain(
            request,
            backend,
            calls -> {
              calls
                  .call("softmax_cross_entropy", "softmax_cross_entropy_f32")
                  .in(0)
                  .slice(calls.input(1), Integer.BYTES)
                  .numbers(rows, shape.dim(1))
                  .out(1)
                  .room(0, Double.BYTES)
                  .items(rows);
              calls
                  .call("softmax_cross_entropy", "mean_loss_f32")
                  .room(0, Double.BYTES)
                  .numbers(rows)
                  .out(0)
                  .over(1, 1);
            })
        .withScratch(Math.max(1L, rows) * Double.BYTES)
        .overwriting((output, input) -> output == 1 && input == 0);
  }

  static Kernel softmaxBackward(KernelRequest request, OpenClBackend backend) {
    Shape shape = request.inputs().get(0).shape();
    return OwnOpenClKernel.plain(
            request,
            backend,
            calls ->
                calls
                    .call("softmax_cross_entropy", "softmax_cross_entropy_backward_f32")
                    .in(0)
                    .slice(calls.input(1), Integer.BYTES)
                    .in(2)
                    .numbers(shape.dim(0), shape.dim(1))
                    .out(0)
                    .items(shape.size()))
        .overwriting((output, input) -> input == 0);
  }

  static Kernel countMetrics(KernelRequest request, OpenClBackend backend) {
    Shape shape = request.inputs().get(1).shape();
    int rows = shape.dim(1) == 0 ? 0 : shape.dim(0);
    return OwnOpenClKernel.plain(
            request,
            backend,
            calls -> {
              calls
                  .call("count_metrics", "rank_f32")
                  .in(1)
                  .slice(calls.input(2), Integer.BYTES)
                  .numbers(rows, shape.dim(1))
                  .room(0, Integer.BYTES)
                  .items(rows);
              calls
                  .call("count_metrics", "count_metrics_f32")
                  .slice(calls.input(0), Double.BYTES)
                  .room(0, Integer.BYTES)
                  .in(3)
                  .slice(calls.input(4), Long.BYTES)
                  .numbers(rows)
                  .slice(calls.output(0), Double.BYTES)
                  .over(1, 1);
            })
        .withScratch(Math.max(1L, rows) * Integer.BYTES)
        .overwriting((output, input) -> input == 0);
  }

  static Kernel augment(KernelRequest request, OpenClBackend backend) {
    Augment op = (Augment) request.op();
    Shape images = request.inputs().get(0).shape();
    long entries = request.inputs().get(2).size();
    int rows = op.batch() * images.dim(1);
    return OwnOpenClKernel.plain(
        request,
        backend,
        calls ->
            calls
                .call("augment", "augment_u8")
                .slice(calls.input(0), 1)
                .slice(calls.input(1), Integer.BYTES)
                .slice(calls.input(2), Integer.BYTES)
                .slice(calls.input(3), Long.BYTES)
                .slice(calls.input(4), Long.BYTES)
                .in(5)
                .number(op.seed())
                .numbers(op.random() ? 1 : 0)
                .number((long) images.dim(0))
                .number(entries)
                .numbers(images.dim(1), images.dim(2), images.dim(3), op.padding(), rows)
                .out(0)
                .slice(calls.output(1), Integer.BYTES)
                .items(rows));
  }
}
