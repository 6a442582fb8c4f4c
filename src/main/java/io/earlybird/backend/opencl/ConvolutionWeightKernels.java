package io.earlybird.backend.opencl;

import io.earlybird.backend.Backend;
import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.Form;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Gradients of convolutions with respect to their weights. */
final class ConvolutionWeightKernels {
  /** Results per work-item of conv2d_backward_weight_rows_f32: taps, and blocks of 16 outs. */
  private static final int[][] ROWS = {{8, 2}, {12, 2}, {6, 4}, {8, 1}, {1, 1}};

  private static final int[] CHUNKS = {512, 2048};
  private static final int TILE = 64;

  /** Partial results of all chunks take no more than this, if there are two or more. */
  private static final long MOST_PARTIAL_BYTES = 32L << 20;

  private ConvolutionWeightKernels() {}

  /** What a kernel is made for. */
  private record Task(
      KernelRequest request,
      ConvolutionExtents extents,
      OpenClBackend backend,
      ConvolutionKernels.After after,
      int chunk) {
    Shape w() {
      return extents.w().shape();
    }

    int pixels() {
      return extents.images() * extents.outPixels();
    }

    int chunks() {
      return (pixels() + chunk - 1) / chunk;
    }

    /** Outs with those that fill up the last block. */
    int lanes() {
      return (int) WeightOrder.blocks(extents.outChannels()) * WeightOrder.LANES;
    }

    int run() {
      return w().dim(3) * w().dim(1);
    }

    long taps() {
      return (long) w().dim(2) * run();
    }

    /** The gradient of the result with zeros in the lanes that fill up the last block. */
    Padded gradient() {
      Shape y = extents.y().shape();
      return new Padded(y.dim(0), y.dim(1), y.dim(2), y.dim(3), y.dim(1), y.dim(2), lanes(), 0, 0);
    }
  }

  static List<ProductCandidate> candidates(
      KernelRequest request,
      ConvolutionExtents extents,
      OpenClBackend backend,
      ConvolutionKernels.After after) {
    List<ProductCandidate> candidates = new ArrayList<>();
    for (int chunk : chunks(extents)) {
      Task task = new Task(request, extents, backend, after, chunk);
      long blocks = task.lanes() / WeightOrder.LANES;
      for (int[] rows : ROWS) {
        if (blocks % rows[1] == 0 && task.run() >= rows[0]) {
          candidates.add(rows(task, rows[0], rows[1]));
        }
      }
      candidates.add(
          new ProductCandidate(
              "tiles chunk " + chunk,
              !backend.spread().isProcessor(),
              () ->
                  kernel(
                      task,
                      call ->
                          ConvolutionKernels.tiles(
                              call, task.taps(), task.lanes(), task.chunks(), TILE),
                      "-DEB_SIDE=" + TILE,
                      "conv2d_backward_weight_tiles_f32")));
    }
    return candidates;
  }

  private static ProductCandidate rows(Task task, int taps, int blocks) {
    long[] all = {
      (task.run() + taps - 1) / taps * (long) task.w().dim(2),
      task.lanes() / WeightOrder.LANES / blocks,
      task.chunks()
    };
    return new ProductCandidate(
        "rows " + taps + "x" + blocks + " chunk " + task.chunk,
        task.backend.spread().isProcessor() && (taps > 1 || task.run() < 8),
        () ->
            kernel(
                task,
                call -> call.run(all, new long[] {1, 1, 1}),
                "-DEB_TAPS=" + taps + " -DEB_BLOCKS=" + blocks,
                "conv2d_backward_weight_rows_f32"));
  }

  /** Sizes of chunks to try: all pixels at once, or as many chunks as may be. */
  private static List<Integer> chunks(ConvolutionExtents extents) {
    int pixels = extents.images() * extents.outPixels();
    long bytes = WeightOrder.FORWARD.form(extents.w()).bytes();
    List<Integer> chunks = new ArrayList<>();
    for (int chunk : CHUNKS) {
      long count = (pixels + chunk - 1) / chunk;
      if (count > 1 && count * bytes <= MOST_PARTIAL_BYTES) {
        chunks.add(chunk);
      }
    }
    if (chunks.isEmpty()) {
      chunks.add(pixels);
    }
    return chunks;
  }

  /** Runs a call over its work-items. */
  @FunctionalInterface
  private interface Extent {
    void run(Calls.Call call);
  }

  private static OwnOpenClKernel kernel(Task task, Extent extent, String defines, String name) {
    ConvolutionExtents e = task.extents;
    Windows windows = Windows.forward(e);
    Padded x = windows.source();
    Padded dy = task.gradient();
    int[] places = windows.parts().get(0).places();
    Form result = WeightOrder.FORWARD.form(e.w());
    long dyAt = x.isSource() ? 0 : Backend.aligned(x.bytes());
    long partialAt = dyAt + (dy.isSource() ? 0 : Backend.aligned(dy.bytes()));
    boolean joined = task.chunks() > 1;
    return OwnOpenClKernel.of(
            task.backend,
            task.request.describe(),
            List.of(Form.plain(e.x()), Form.plain(e.y())),
            OwnOpenClKernel.formsAfter(task.request.outputs(), result),
            calls -> {
              if (!x.isSource()) {
                x.copy(calls, 0, 0);
              }
              if (!dy.isSource()) {
                dy.copy(calls, 1, dyAt);
              }
              Calls.Call call = calls.call("conv2d_backward_weight", defines, name);
              call = x.isSource() ? call.in(0) : call.room(0, Float.BYTES);
              call = dy.isSource() ? call.in(1) : call.room(dyAt, Float.BYTES);
              call.slice(calls.table(ChannelKernels.bytes(places)), Integer.BYTES)
                  .numbers(task.pixels(), places.length, x.imageStep(), task.chunk)
                  .numbers(task.w().dim(2), task.run(), x.rowStep(), task.lanes());
              extent.run(joined ? call.room(partialAt, Float.BYTES) : call.out(0));
              if (joined) {
                calls
                    .call("join_chunks", "join_chunks_f32")
                    .room(partialAt, Float.BYTES)
                    .numbers(task.chunks(), (int) result.elements())
                    .out(0)
                    .elements(result.elements());
              }
              task.after.call(calls);
            })
        .withScratch(partialAt + (joined ? task.chunks() * result.bytes() : 0));
  }
}
