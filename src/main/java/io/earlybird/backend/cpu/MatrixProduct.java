package io.earlybird.backend.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import io.earlybird.backend.ConvolutionExtents.Product;
import io.earlybird.backend.cpu.OneDnnKernel.Argument;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import java.util.List;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory.format_tag;
import org.bytedeco.dnnl.primitive_desc;

/**
 * A 1x1 convolution of stride 1 without padding, and its gradients, as matrix products over the
 * {@code P = N*H*W} pixels.
 *
 * @param x {@code [N,H,W,I]}
 * @param w {@code [O,I,1,1]}
 * @param y {@code [N,H,W,O]}
 * @param types element types; the weight's gradient is fp32
 */
record MatrixProduct(OneDnn library, TensorSpec x, TensorSpec w, TensorSpec y, ProductTypes types) {
  private static final String KIND = "gemm ";

  /** {@code y [P,O] = x [P,I] w^T}, and what follows. */
  Formulation forward(Epilogue epilogue) {
    return new Formulation(
        "",
        KIND,
        Product.FORWARD,
        () ->
            product(
                OneDnn.tensor(new long[] {pixels(), in()}, types.operand(), format_tag.ab),
                OneDnn.tensor(new long[] {in(), out()}, types.operand(), format_tag.any),
                OneDnn.tensor(new long[] {pixels(), out()}, types.result(), format_tag.ab),
                epilogue),
        epilogue.after(
            Argument.plain(DNNL_ARG_SRC, x),
            new Argument(DNNL_ARG_WEIGHTS, w, d -> asWeight(d.permute_axes(new int[] {1, 0})))),
        List.of(Argument.plain(DNNL_ARG_DST, y)));
  }

  /** {@code dx [P,I] = dy [P,O] w}. */
  Formulation backwardData() {
    return new Formulation(
        "",
        KIND,
        Product.BACKWARD_DATA,
        () ->
            product(
                OneDnn.tensor(new long[] {pixels(), out()}, types.operand(), format_tag.ab),
                OneDnn.tensor(new long[] {out(), in()}, types.operand(), format_tag.any),
                OneDnn.tensor(new long[] {pixels(), in()}, types.result(), format_tag.ab)),
        List.of(Argument.plain(DNNL_ARG_SRC, y), new Argument(DNNL_ARG_WEIGHTS, w, this::asWeight)),
        List.of(Argument.plain(DNNL_ARG_DST, x)));
  }

  /** {@code dw [O,I] = dy^T [O,P] x [P,I]}; operands in the op's order x, dy. */
  Formulation backwardWeight() {
    return new Formulation(
        "",
        KIND,
        Product.BACKWARD_WEIGHT,
        () ->
            product(
                OneDnn.tensor(new long[] {out(), pixels()}, types.operand(), format_tag.ba),
                OneDnn.tensor(new long[] {pixels(), in()}, types.operand(), format_tag.ab),
                OneDnn.tensor(new long[] {out(), in()}, DType.F32, format_tag.ab)),
        List.of(Argument.plain(DNNL_ARG_WEIGHTS, x), Argument.plain(DNNL_ARG_SRC, y)),
        List.of(Argument.plain(DNNL_ARG_DST, w)));
  }

  private primitive_desc product(memory.desc a, memory.desc b, memory.desc c) {
    return product(a, b, c, Epilogue.none(y));
  }

  private primitive_desc product(memory.desc a, memory.desc b, memory.desc c, Epilogue epilogue) {
    memory.desc vector = OneDnn.tensor(new long[] {1, out()}, DType.F32, format_tag.ab);
    return new matmul.primitive_desc(
        library.engine(), a, b, c, epilogue.attributes(vector, c), false);
  }

  private memory.desc asWeight(memory.desc matrix) {
    return matrix.reshape(new long[] {out(), in(), 1, 1});
  }

  private long pixels() {
    return x.shape().rows();
  }

  private long in() {
    return w.shape().dim(1);
  }

  private long out() {
    return w.shape().dim(0);
  }
}
