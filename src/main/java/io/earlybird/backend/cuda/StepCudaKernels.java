package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_augment_u8;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_count_metrics_f32;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_softmax_cross_entropy_backward_f32;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_softmax_cross_entropy_f32;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.cuda.NativeCudaKernels.BatchExtents;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.Augment;

/** What a step does besides the network: its batch, its loss, its metrics. */
final class StepCudaKernels {
  private StepCudaKernels() {}

  static Kernel softmax(KernelRequest request, CudaBackend backend) {
    Shape shape = request.inputs().get(0).shape();
    long rows = shape.dim(0);
    long classes = shape.dim(1);
    return OwnCudaKernel.plain(
            request,
            backend,
            b -> {
              var logits = b.in(0);
              var labels = b.intsIn(1);
              var loss = b.out(0);
              var probabilities = b.out(1);
              var room = b.room();
              var stream = b.stream();
              return () ->
                  eb_cuda_softmax_cross_entropy_f32(
                      logits, labels, rows, classes, loss, probabilities, room, stream);
            })
        .withScratch(Math.max(1, rows) * Double.BYTES)
        .overwriting((output, input) -> output == 1 && input == 0);
  }

  static Kernel softmaxBackward(KernelRequest request, CudaBackend backend) {
    Shape shape = request.inputs().get(0).shape();
    long rows = shape.dim(0);
    long classes = shape.dim(1);
    return OwnCudaKernel.plain(
            request,
            backend,
            b -> {
              var probabilities = b.in(0);
              var labels = b.intsIn(1);
              var dloss = b.in(2);
              var dlogits = b.out(0);
              var stream = b.stream();
              return () ->
                  eb_cuda_softmax_cross_entropy_backward_f32(
                      probabilities, labels, dloss, rows, classes, dlogits, stream);
            })
        .overwriting((output, input) -> input == 0);
  }

  static Kernel countMetrics(KernelRequest request, CudaBackend backend) {
    Shape shape = request.inputs().get(1).shape();
    long rows = shape.dim(0);
    long classes = shape.dim(1);
    return OwnCudaKernel.plain(
            request,
            backend,
            b -> {
              var counters = b.doublesIn(0);
              var logits = b.in(1);
              var labels = b.intsIn(2);
              var loss = b.in(3);
              var step = b.longsIn(4);
              var updated = b.doublesOut(0);
              var stream = b.stream();
              return () ->
                  eb_cuda_count_metrics_f32(
                      counters, logits, labels, loss, step, rows, classes, updated, stream);
            })
        .overwriting((output, input) -> input == 0);
  }

  static Kernel augment(KernelRequest request, CudaBackend backend) {
    Augment op = (Augment) request.op();
    Shape images = request.inputs().get(0).shape();
    long entries = request.inputs().get(2).size();
    return OwnCudaKernel.plain(
        request,
        backend,
        b -> {
          BatchExtents batch =
              new BatchExtents()
                  .images(images.dim(0))
                  .entries(entries)
                  .batch(op.batch())
                  .height(images.dim(1))
                  .width(images.dim(2))
                  .channels(images.dim(3))
                  .padding(op.padding())
                  .random(op.random() ? 1 : 0)
                  .seed(op.seed());
          var pixels = b.bytesIn(0);
          var labels = b.intsIn(1);
          var order = b.intsIn(2);
          var cursor = b.longsIn(3);
          var step = b.longsIn(4);
          var table = b.in(5);
          var x = b.out(0);
          var batchLabels = b.intsOut(1);
          var stream = b.stream();
          return () ->
              eb_cuda_augment_u8(
                  pixels, labels, order, cursor, step, table, batch, x, batchLabels, stream);
        });
  }
}
