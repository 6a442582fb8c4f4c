package io.earlybird.backend.opencl;

import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.ConvolutionExtents.Product;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.TensorSpec;

/** Fully connected layers: convolutions of pictures of one pixel, and what biases need. */
final class LinearKernels {
  private static final String FILE = "linear";

  private LinearKernels() {}

  static Kernel forward(KernelRequest request, OpenClBackend backend) {
    TensorSpec y = request.outputs().get(0);
    int out = y.shape().dim(1);
    int n = (int) y.size();
    return ConvolutionKernels.prepare(
        request,
        extents(Product.FORWARD, request.inputs().get(0), request.inputs().get(1), y),
        backend,
        calls -> calls.call(FILE, "add_bias_f32").in(2).numbers(out, n).out(0).elements(n));
  }

  static Kernel backwardData(KernelRequest request, OpenClBackend backend) {
    return ConvolutionKernels.prepare(
        request,
        extents(
            Product.BACKWARD_DATA,
            request.outputs().get(0),
            request.inputs().get(1),
            request.inputs().get(0)),
        backend,
        calls -> {});
  }

  static Kernel backwardWeight(KernelRequest request, OpenClBackend backend) {
    TensorSpec dy = request.inputs().get(1);
    int out = dy.shape().dim(1);
    return ConvolutionKernels.prepare(
        request,
        extents(Product.BACKWARD_WEIGHT, request.inputs().get(0), request.outputs().get(0), dy),
        backend,
        calls ->
            calls
                .call(FILE, "column_sums_f32")
                .in(1)
                .numbers(dy.shape().dim(0), out)
                .out(1)
                .items(out));
  }

  /** {@code x [N,I]}, {@code w [O,I]}, {@code y [N,O]} as a convolution's. */
  private static ConvolutionExtents extents(
      Product product, TensorSpec x, TensorSpec w, TensorSpec y) {
    int rows = x.shape().dim(0);
    int in = w.shape().dim(1);
    int out = w.shape().dim(0);
    return new ConvolutionExtents(
        product,
        TensorSpec.f32(rows, 1, 1, in),
        TensorSpec.f32(out, in, 1, 1),
        TensorSpec.f32(rows, 1, 1, out),
        1,
        0);
  }
}
