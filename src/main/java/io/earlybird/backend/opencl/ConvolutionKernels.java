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
 * itself a convolution of dy, or several ({@link Windows}).
 */
final class ConvolutionKernels {
  /** Results per work-item of conv2d_rows_f32: pixels, and blocks of 16 outs. */
  private static final int[][] ROWS = {{8, 2}, {12, 2}, {6, 4}, {8, 1}, {14, 1}};

  /** Sides of the square tiles of the kernels for GPUs. */
  private static final int[] TILES = {64, 32};

  private ConvolutionKernels() {}

  /** What a layer's kernel does after its product. */
  @FunctionalInterface
  interface After {
    void call(Calls calls);
  }

  /** The kernel of choice for a convolution's op. */
  static Kernel prepare(KernelRequest request, OpenClBackend backend) {
    return prepare(request, ConvolutionExtents.of(request), backend, calls -> {});
  }

  /**
   * The kernel of choice for a layer's product.
   *
   * @param extents the product, of the first two operands and the first result
   * @param after works on what else there is, all of it plain
   */
  static Kernel prepare(
      KernelRequest request, ConvolutionExtents extents, OpenClBackend backend, After after) {
    List<ProductCandidate> candidates =
        extents.product() == Product.BACKWARD_WEIGHT
            ? ConvolutionWeightKernels.candidates(request, extents, backend, after)
            : candidates(request, extents, backend, after);
    Shape w = extents.w().shape();
    long multiplications = extents.y().size() * w.dim(1) * w.dim(2) * w.dim(3);
    return backend.products().choose(request, candidates, multiplications);
  }

  private static List<ProductCandidate> candidates(
      KernelRequest request, ConvolutionExtents extents, OpenClBackend backend, After after) {
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
                        after,
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
                      after,
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

  /** Runs a call over pixels of the result. */
  @FunctionalInterface
  private interface Extent {
    void run(Calls.Call call, int pixels);
  }

  private static OwnOpenClKernel kernel(
      KernelRequest request,
      ConvolutionExtents extents,
      OpenClBackend backend,
      After after,
      Extent extent,
      String defines,
      String name) {
    boolean forward = extents.product() == Product.FORWARD;
    Windows windows = forward ? Windows.forward(extents) : Windows.backward(extents);
    Padded x = windows.source();
    WeightOrder order = forward ? WeightOrder.FORWARD : WeightOrder.BACKWARD;
    Shape result = (forward ? extents.y() : extents.x()).shape();
    return OwnOpenClKernel.of(
            backend,
            request.describe(),
            OwnOpenClKernel.formsAfter(
                request.inputs(), Form.plain(request.inputs().get(0)), order.form(extents.w())),
            OwnOpenClKernel.formsAfter(request.outputs(), Form.plain(request.outputs().get(0))),
            calls -> {
              if (!x.isSource()) {
                x.copy(calls, 0, 0);
              }
              boolean several = extents.stride() > 1 && !forward;
              for (Windows.Part part : windows.parts()) {
                Calls.Call call =
                    calls.call("conv2d", defines + " -DEB_PART=" + (several ? 1 : 0), name);
                call = x.isSource() ? call.in(0) : call.room(0, Float.BYTES);
                bind(call, calls, part, x, extents, result, order);
                extent.run(call.out(0), result.dim(0) * part.pixels());
              }
              after.call(calls);
            })
        .withScratch(x.isSource() ? 0 : x.bytes());
  }

  /** The arguments EB_CONVOLUTION between x and y. */
  private static void bind(
      Calls.Call call,
      Calls calls,
      Windows.Part part,
      Padded x,
      ConvolutionExtents extents,
      Shape result,
      WeightOrder order) {
    Shape w = extents.w().shape();
    int deep = w.dim(order == WeightOrder.FORWARD ? 1 : 0);
    call.slice(calls.input(1), Float.BYTES, part.first())
        .slice(calls.table(ChannelKernels.bytes(part.places())), Integer.BYTES)
        .numbers(result.dim(0) * part.pixels(), part.pixels(), x.imageStep())
        .numbers(result.dim(1) * result.dim(2), part.rows(), part.pieces(), part.run())
        .numbers(x.rowStep(), part.pieceStep(), part.rowStep())
        .numbers(w.dim(2) * w.dim(3) * deep * WeightOrder.LANES, result.dim(3));
  }
}
