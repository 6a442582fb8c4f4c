package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.NativeKernels.eb_count_metrics_f64;
import static io.earlybird.backend.cpu.NativeKernels.eb_softmax_cross_entropy_backward_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_softmax_cross_entropy_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_softmax_cross_entropy_scratch_bytes;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.Shape;

/** Loss, its gradient, and the sums behind an epoch's metrics. */
final class LossKernels {
  private LossKernels() {}

  static Kernel softmaxCrossEntropy(KernelRequest request) {
    Shape shape = request.inputs().get(0).shape();
    long rows = shape.dim(0);
    long classes = shape.dim(1);
    return OwnKernel.plain(
            request,
            b -> {
              var logits = b.in(0);
              var labels = b.intsIn(1);
              var loss = b.out(0);
              var probabilities = b.out(1);
              var room = b.room();
              return () ->
                  eb_softmax_cross_entropy_f32(
                      logits, labels, rows, classes, loss, probabilities, room);
            })
        .withScratch(eb_softmax_cross_entropy_scratch_bytes(rows))
        .overwriting((output, input) -> output == 1 && input == 0);
  }

  static Kernel softmaxCrossEntropyBackward(KernelRequest request) {
    Shape shape = request.inputs().get(0).shape();
    long rows = shape.dim(0);
    long classes = shape.dim(1);
    return OwnKernel.plain(
            request,
            b -> {
              var probabilities = b.in(0);
              var labels = b.intsIn(1);
              var dloss = b.in(2);
              var dx = b.out(0);
              return () ->
                  eb_softmax_cross_entropy_backward_f32(
                      probabilities, labels, dloss, rows, classes, dx);
            })
        .overwriting((output, input) -> input == 0);
  }

  static Kernel countMetrics(KernelRequest request) {
    Shape shape = request.inputs().get(1).shape();
    long rows = shape.dim(0);
    long classes = shape.dim(1);
    return OwnKernel.plain(
            request,
            b -> {
              var counters = b.doublesIn(0);
              var logits = b.in(1);
              var labels = b.intsIn(2);
              var loss = b.in(3);
              var step = b.longsIn(4);
              var sums = b.doublesOut(0);
              return () ->
                  eb_count_metrics_f64(counters, logits, labels, loss, step, rows, classes, sums);
            })
        .overwriting((output, input) -> input == 0);
  }
}
