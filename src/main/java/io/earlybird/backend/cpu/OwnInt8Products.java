package io.earlybird.backend.cpu;

import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.cpu.NativeKernels.Conv2dShape;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.op.Conv2dEpilogue;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.ToLongFunction;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;

/**
 * Products of 8-bit block values of our own C++ library, which multiplies them as integers, as
 * candidates beside those that multiply the same values as bf16 numbers. The weight lies plain: its
 * own kernel makes integers of it.
 */
final class OwnInt8Products {
  /** How the names of these candidates end. */
  private static final String SUFFIX = " int8";

  /** Makes the call of a product. */
  @FunctionalInterface
  private interface Product {
    int run(
        Conv2dShape shape, ShortPointer image, ShortPointer w, FloatPointer result, Pointer room);
  }

  private OwnInt8Products() {}

  /**
   * Own ways to compute a convolution or the gradient of its input; none for other ops and types,
   * and where a sum has too many terms.
   */
  static List<Candidate> candidates(KernelRequest request, ProductTypes types) {
    if (!types.integers()
        || !CpuLibrary.hasBf16Products()
        || request.op() instanceof Conv2dEpilogue) {
      return List.of();
    }
    return ConvolutionExtents.find(request)
        .flatMap(c -> product(request, c).map(p -> p.candidate(request, c)))
        .map(List::of)
        .orElse(List.of());
  }

  private static Optional<OwnConvolution> product(KernelRequest request, ConvolutionExtents c) {
    return switch (c.product()) {
      case FORWARD ->
          product(request, c, NativeKernels::eb_conv2d_int8_scratch, NativeKernels::eb_conv2d_int8);
      case BACKWARD_DATA ->
          product(
              request,
              c,
              NativeKernels::eb_conv2d_backward_data_int8_scratch,
              NativeKernels::eb_conv2d_backward_data_int8);
      case BACKWARD_WEIGHT -> Optional.empty();
    };
  }

  private static Optional<OwnConvolution> product(
      KernelRequest request,
      ConvolutionExtents c,
      ToLongFunction<Conv2dShape> scratch,
      Product product) {
    try (Conv2dShape shape = OwnConvolution.shape(c.x(), c.w(), c.stride(), c.padding())) {
      if (scratch.applyAsLong(shape) < 0) {
        return Optional.empty();
      }
    }
    return Optional.of(
        new OwnConvolution(
            request.plainInputs(2, DType.BF16),
            request.plainOutputs(DType.F32).get(0),
            scratch,
            (shape, b) -> bind(product, shape, b),
            SUFFIX));
  }

  private static IntSupplier bind(Product product, Conv2dShape shape, Buffers buffers) {
    ShortPointer image = buffers.shortsIn(0);
    ShortPointer w = buffers.shortsIn(1);
    FloatPointer result = buffers.out(0);
    Pointer room = buffers.room();
    return () -> product.run(shape, image, w, result, room);
  }
}
