package io.earlybird.backend.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import io.earlybird.backend.ConvolutionExtents.Product;
import io.earlybird.backend.cpu.OneDnnKernel.Argument;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;

/**
 * A convolution and its gradients as oneDNN convolution primitives. Activations are plain NHWC;
 * weights are in whatever layout the implementation asks for.
 *
 * @param x {@code [N,H,W,I]}
 * @param w {@code [O,I,KH,KW]}
 * @param y {@code [N,OH,OW,O]}
 * @param types element types; the weight's gradient is fp32
 */
record Convolution(
    OneDnn library,
    TensorSpec x,
    TensorSpec w,
    TensorSpec y,
    int stride,
    int pad,
    ProductTypes types) {
  /** Floats in a register of AVX-512. */
  private static final int LONGEST_VECTOR = 16;

  /** Forward products, one per layout of the weight. Operands: x, w, then those of the epilogue. */
  List<Formulation> forward(List<WeightLayout> layouts, Epilogue epilogue) {
    return withProduct(
        layouts.stream().map(layout -> forward(layout, epilogue)),
        product -> product.forward(epilogue));
  }

  /** Gradients of the input, one per layout of the weight. */
  List<Formulation> backwardData(List<WeightLayout> layouts) {
    return withProduct(layouts.stream().map(this::backwardData), MatrixProduct::backwardData);
  }

  /**
   * Gradients of the weight. oneDNN 3.11's 1x1 code with a stride computes wrong ones of fewer
   * input channels than a vector holds (seen with AVX2, even extents, stride 2), so there it is
   * left out. Its bf16 code leaves the gradient of a tap that meets no pixel unwritten.
   */
  List<Formulation> backwardWeight() {
    boolean strided = w.shape().dim(2) == 1 && w.shape().dim(3) == 1 && stride > 1;
    boolean voidTaps =
        types.operand() == DType.BF16
            && (hasVoidTap(w.shape().dim(2), x.shape().dim(1), y.shape().dim(1))
                || hasVoidTap(w.shape().dim(3), x.shape().dim(2), y.shape().dim(2)));
    if (voidTaps || (strided && w.shape().dim(1) < LONGEST_VECTOR)) {
      return List.of();
    }
    return withProduct(Stream.of(weightGradient()), MatrixProduct::backwardWeight);
  }

  /** Whether a tap of the window lies in the padding wherever the window is, along one axis. */
  private boolean hasVoidTap(int taps, int in, int out) {
    return IntStream.range(0, taps)
        .anyMatch(
            tap ->
                IntStream.range(0, out)
                    .map(at -> at * stride - pad + tap)
                    .noneMatch(pixel -> pixel >= 0 && pixel < in));
  }

  private List<Formulation> withProduct(
      Stream<Formulation> convolutions, Function<MatrixProduct, Formulation> product) {
    boolean pixelwise = w.shape().dim(2) == 1 && w.shape().dim(3) == 1 && stride == 1 && pad == 0;
    return Stream.concat(
            convolutions,
            pixelwise
                ? Stream.of(product.apply(new MatrixProduct(library, x, w, y, types)))
                : Stream.empty())
        .toList();
  }

  private Formulation forward(WeightLayout weight, Epilogue epilogue) {
    return new Formulation(
        weight.prefix(),
        "",
        Product.FORWARD,
        () -> forward(weight.descriptor().get(), types.result(), epilogue),
        epilogue.after(Argument.plain(DNNL_ARG_SRC, x), Argument.weight(DNNL_ARG_WEIGHTS, w)),
        List.of(Argument.plain(DNNL_ARG_DST, y)));
  }

  private Formulation backwardData(WeightLayout weight) {
    return new Formulation(
        weight.prefix(),
        "",
        Product.BACKWARD_DATA,
        () ->
            new convolution_backward_data.primitive_desc(
                library.engine(),
                algorithm.convolution_direct,
                OneDnn.activation(x, types.result()),
                weight.descriptor().get(),
                OneDnn.activation(y, types.operand()),
                twice(stride),
                twice(pad),
                twice(pad),
                hint(),
                OneDnn.attributes(),
                false),
        List.of(Argument.plain(DNNL_ARG_DIFF_DST, y), Argument.weight(DNNL_ARG_WEIGHTS, w)),
        List.of(Argument.plain(DNNL_ARG_DIFF_SRC, x)));
  }

  private Formulation weightGradient() {
    return new Formulation(
        "",
        "",
        Product.BACKWARD_WEIGHT,
        () ->
            new convolution_backward_weights.primitive_desc(
                library.engine(),
                algorithm.convolution_direct,
                OneDnn.activation(x, types.operand()),
                OneDnn.free(w, DType.F32),
                OneDnn.activation(y, types.operand()),
                twice(stride),
                twice(pad),
                twice(pad),
                hint(),
                OneDnn.attributes(),
                false),
        List.of(Argument.plain(DNNL_ARG_SRC, x), Argument.plain(DNNL_ARG_DIFF_DST, y)),
        List.of(Argument.weight(DNNL_ARG_DIFF_WEIGHTS, w)));
  }

  /** The forward product of a gradient. */
  private convolution_forward.primitive_desc hint() {
    return forward(OneDnn.free(w, types.operand()), types.operand(), Epilogue.none(y));
  }

  private convolution_forward.primitive_desc forward(
      memory.desc weight, DType result, Epilogue epilogue) {
    TensorSpec vector = TensorSpec.f32(1, 1, 1, w.shape().dim(0));
    return new convolution_forward.primitive_desc(
        library.engine(),
        prop_kind.forward_training,
        algorithm.convolution_direct,
        OneDnn.activation(x, types.operand()),
        weight,
        OneDnn.activation(y, result),
        twice(stride),
        twice(pad),
        twice(pad),
        epilogue.attributes(OneDnn.activation(vector, DType.F32), OneDnn.activation(y, result)),
        false);
  }

  private static long[] twice(long value) {
    return new long[] {value, value};
  }
}
