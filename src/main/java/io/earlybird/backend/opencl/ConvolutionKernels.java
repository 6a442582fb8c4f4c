package io.earlybird.backend.opencl;

import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.ConvolutionExtents.Product;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Convolutions and their gradients as implicit products. The gradient with respect to the input is
 * itself a convolution, of dy spread by the stride, with turned windows.
 */
final class ConvolutionKernels {
  /** Results per work-item of conv2d_rows_f32: pixels, and blocks of 16 outs. */
  private static final int[][] ROWS = {{8, 2}, {12, 2}, {6, 4}, {8, 1}, {14, 1}};

  /** Sides of the square tiles of the kernels for GPUs. */
  private static final int[] TILES = {64, 32};

  private ConvolutionKernels() {}

  /** The kernel of choice for a convolution's op. */
  static Kernel prepare(KernelRequest request, OpenClBackend backend) {
    ConvolutionExtents extents = ConvolutionExtents.of(request);
    List<ProductCandidate> candidates =
        extents.product() == Product.BACKWARD_WEIGHT
            ? ConvolutionWeightKernels.candidates(request, extents, backend)
            : candidates(request, extents, backend);
    Shape w = extents.w().shape();
    long multiplications = extents.y().size() * w.dim(1) * w.dim(2) * w.dim(3);
    return backend.products().choose(request, candidates, multiplications);
  }

  private static List<ProductCandidate> candidates(
      KernelRequest request, ConvolutionExtents extents, OpenClBackend backend) {
    boolean forward = extents.product() == Product.FORWARD;
    int outs = forward ? extents.outChannels() : extents.inChannels();
    long blocks = WeightOrder.blocks(outs);
    List<ProductCandidate> candidates = new ArrayList<>();
    for (int[] rows : ROWS) {
      if (blocks % rows[1] == 0) {
        String defines = "-DEB_PIXELS=" + rows[0] + " -DEB_BLOCKS=" + rows[1];
        candidates.add(
            new ProductCandidate(
                "rows " + rows[0] + "x" + rows[1],
                backend.spread().isProcessor(),
                () ->
                    kernel(
                        request,
                        extents,
                        backend,
                        (call, pixels) ->
                            call.run(
                                new long[] {(pixels + rows[0] - 1) / rows[0], blocks / rows[1]},
                                new long[] {1, 1}),
                        defines,
                        "conv2d_rows_f32")));
      }
    }
    for (int side : TILES) {
      candidates.add(
          new ProductCandidate(
              "tiles " + side,
              !backend.spread().isProcessor(),
              () ->
                  kernel(
                      request,
                      extents,
                      backend,
                      (call, pixels) -> tiles(call, pixels, outs, 1, side),
                      "-DEB_SIDE=" + side,
                      "conv2d_tiles_f32")));
    }
    return candidates;
  }

  /** Runs a kernel of 16 x 16 work-items per square tile. */
  static void tiles(Calls.Call call, long rows, long columns, long layers, int side) {
    call.run(
        new long[] {(rows + side - 1) / side * 16, (columns + side - 1) / side * 16, layers},
        new long[] {16, 16, 1});
  }

  /** Runs a call over the pixels of the result. */
  @FunctionalInterface
  private interface Extent {
    void run(Calls.Call call, int pixels);
  }

  private static OwnOpenClKernel kernel(
      KernelRequest request,
      ConvolutionExtents extents,
      OpenClBackend backend,
      Extent extent,
      String defines,
      String name) {
    boolean forward = extents.product() == Product.FORWARD;
    Shape w = extents.w().shape();
    Shape result = request.outputs().get(0).shape();
    Padded x = forward ? forward(extents) : backward(extents);
    int pixels = result.dim(0) * result.dim(1) * result.dim(2);
    int stride = forward ? extents.stride() : 1;
    int[] places = x.places(result.dim(1), result.dim(2), stride);
    WeightOrder order = forward ? WeightOrder.FORWARD : WeightOrder.BACKWARD;
    return OwnOpenClKernel.of(
            backend,
            request.describe(),
            List.of(Form.plain(request.inputs().get(0)), order.form(extents.w())),
            List.of(Form.plain(request.outputs().get(0))),
            calls -> {
              if (!x.isSource()) {
                x.copy(calls, 0, 0);
              }
              Calls.Call call = calls.call("conv2d", defines, name);
              extent.run(
                  (x.isSource() ? call.in(0) : call.room(0, Float.BYTES))
                      .in(1)
                      .slice(calls.table(ChannelKernels.bytes(places)), Integer.BYTES)
                      .numbers(pixels, places.length, x.imageStep())
                      .numbers(w.dim(2), w.dim(3) * x.channels(), x.rowStep(), result.dim(3))
                      .out(0),
                  pixels);
            })
        .withScratch(x.isSource() ? 0 : x.bytes());
  }

  /** The input as windows of the forward product read it. */
  static Padded forward(ConvolutionExtents e) {
    Shape x = e.x().shape();
    int padding = e.padding();
    return new Padded(
        x.dim(0),
        x.dim(1),
        x.dim(2),
        x.dim(3),
        x.dim(1) + 2 * padding,
        x.dim(2) + 2 * padding,
        x.dim(3),
        padding,
        padding,
        1);
  }

  /** The gradient of the result as turned windows read it. */
  private static Padded backward(ConvolutionExtents e) {
    Shape x = e.x().shape();
    Shape y = e.y().shape();
    Shape w = e.w().shape();
    return new Padded(
        y.dim(0),
        y.dim(1),
        y.dim(2),
        y.dim(3),
        x.dim(1) + w.dim(2) - 1,
        x.dim(2) + w.dim(3) - 1,
        y.dim(3),
        w.dim(2) - 1 - e.padding(),
        w.dim(3) - 1 - e.padding(),
        e.stride());
  }
}
