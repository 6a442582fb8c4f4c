package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.NativeKernels.eb_augment_u8_f32;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.cpu.NativeKernels.BatchSource;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.Augment;

/** Batches out of the resident data set. */
final class AugmentKernels {
  private AugmentKernels() {}

  static Kernel augment(KernelRequest request) {
    Augment op = (Augment) request.op();
    Shape pictures = request.inputs().get(0).shape();
    int orderLength = request.inputs().get(2).shape().dim(0);
    return OwnKernel.plain(
        request,
        b -> {
          var source =
              new BatchSource()
                  .pictures(pictures.dim(0))
                  .height(pictures.dim(1))
                  .width(pictures.dim(2))
                  .channels(pictures.dim(3))
                  .order_length(orderLength)
                  .batch(op.batch())
                  .padding(op.padding())
                  .seed(op.seed())
                  .random(op.random() ? 1 : 0);
          var images = b.bytesIn(0);
          var labels = b.intsIn(1);
          var order = b.intsIn(2);
          var cursor = b.longsIn(3);
          var step = b.longsIn(4);
          var table = b.in(5);
          var x = b.out(0);
          var batchLabels = b.intsOut(1);
          return () ->
              eb_augment_u8_f32(source, images, labels, order, cursor, step, table, x, batchLabels);
        });
  }
}
