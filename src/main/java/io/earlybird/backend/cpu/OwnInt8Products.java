package io.earlybird.backend.cpu;

import io.earlybird.backend.Form;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.cpu.NativeKernels.Conv2dShape;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Op;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
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
   * Own ways to compute a convolution or the gradient of its input; none for other ops and types.
   */
  static List<Candidate> candidates(KernelRequest request, ProductTypes types) {
    if (!types.integers() || !CpuLibrary.hasBf16Products()) {
      return List.of();
    }
    Op op = request.op();
    TensorSpec first = request.inputs().get(0);
    TensorSpec w = request.inputs().get(1);
    TensorSpec result = request.outputs().get(0);
    if (op instanceof Conv2d c) {
      return candidate(
          request,
          () -> OwnProducts.shape(first, w, c.stride(), c.padding()),
          NativeKernels::eb_conv2d_int8_scratch,
          NativeKernels::eb_conv2d_int8);
    } else if (op instanceof Conv2dBackwardData c) {
      return candidate(
          request,
          () -> OwnProducts.shape(result, w, c.stride(), c.padding()),
          NativeKernels::eb_conv2d_backward_data_int8_scratch,
          NativeKernels::eb_conv2d_backward_data_int8);
    }
    return List.of();
  }

  private static List<Candidate> candidate(
      KernelRequest request,
      Supplier<Conv2dShape> describe,
      ToLongFunction<Conv2dShape> scratchOf,
      Product product) {
    long scratch;
    try (Conv2dShape shape = describe.get()) {
      scratch = scratchOf.applyAsLong(shape);
    }
    if (scratch < 0) {
      return List.of(); // too many terms
    }
    List<Form> inputs = request.plainInputs(2, DType.BF16);
    List<Form> outputs = request.plainOutputs(DType.F32);
    String name = OwnKernel.name() + SUFFIX;
    return List.of(
        new Candidate(
            name,
            name,
            List.of(inputs.get(0), inputs.get(1), outputs.get(0)),
            () -> {
              Conv2dShape shape = describe.get();
              return OwnKernel.of(request, inputs, outputs, b -> bind(product, shape, b))
                  .withScratch(scratch)
                  .owning(shape)
                  .named(SUFFIX);
            }));
  }

  private static IntSupplier bind(Product product, Conv2dShape shape, Buffers buffers) {
    ShortPointer image = buffers.shortsIn(0);
    ShortPointer w = buffers.shortsIn(1);
    FloatPointer result = buffers.out(0);
    Pointer room = buffers.room();
    return () -> product.run(shape, image, w, result, room);
  }
}
