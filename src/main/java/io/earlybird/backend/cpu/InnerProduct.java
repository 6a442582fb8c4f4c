package io.earlybird.backend.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_BIAS;
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
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.inner_product_backward_data;
import org.bytedeco.dnnl.inner_product_backward_weights;
import org.bytedeco.dnnl.inner_product_forward;
import org.bytedeco.dnnl.memory;

/**
 * A linear layer and its gradients as oneDNN inner products.
 *
 * @param x {@code [N,I]}
 * @param w {@code [O,I]}
 * @param y {@code [N,O]}
 * @param types element types; y, which is the logits, and the gradients of weight and bias are fp32
 */
record InnerProduct(OneDnn library, TensorSpec x, TensorSpec w, TensorSpec y, ProductTypes types) {

  /** Forward products, one per layout of the weight. */
  List<Formulation> forward(List<WeightLayout> layouts) {
    return layouts.stream().map(this::forward).toList();
  }

  /** Gradients of the input, one per layout of the weight. */
  List<Formulation> backwardData(List<WeightLayout> layouts) {
    return layouts.stream().map(this::backwardData).toList();
  }

  /** Gradients of weight and bias, one per layout of the weight. */
  List<Formulation> backwardWeight(List<WeightLayout> layouts) {
    return layouts.stream().map(this::backwardWeight).toList();
  }

  /** {@code [O]}. */
  private TensorSpec b() {
    return TensorSpec.f32(w.shape().dim(0));
  }

  private Formulation forward(WeightLayout weight) {
    return new Formulation(
        weight.prefix(),
        "",
        Product.FORWARD,
        () -> forward(weight.descriptor().get()),
        List.of(
            Argument.plain(DNNL_ARG_SRC, x),
            Argument.weight(DNNL_ARG_WEIGHTS, w),
            Argument.plain(DNNL_ARG_BIAS, b())),
        List.of(Argument.plain(DNNL_ARG_DST, y)));
  }

  private Formulation backwardData(WeightLayout weight) {
    return new Formulation(
        weight.prefix(),
        "",
        Product.BACKWARD_DATA,
        () ->
            new inner_product_backward_data.primitive_desc(
                library.engine(),
                OneDnn.plain(x, types.result()),
                weight.descriptor().get(),
                OneDnn.plain(y, types.operand()),
                forward(OneDnn.free(w, types.operand())),
                OneDnn.attributes(),
                false),
        List.of(Argument.plain(DNNL_ARG_DIFF_DST, y), Argument.weight(DNNL_ARG_WEIGHTS, w)),
        List.of(Argument.plain(DNNL_ARG_DIFF_SRC, x)));
  }

  private Formulation backwardWeight(WeightLayout weight) {
    return new Formulation(
        weight.prefix(),
        "",
        Product.BACKWARD_WEIGHT,
        () ->
            new inner_product_backward_weights.primitive_desc(
                library.engine(),
                OneDnn.plain(x, types.operand()),
                weight.descriptor().get(),
                OneDnn.plain(b(), DType.F32),
                OneDnn.plain(y, types.operand()),
                forward(OneDnn.free(w, types.operand())),
                OneDnn.attributes(),
                false),
        List.of(Argument.plain(DNNL_ARG_SRC, x), Argument.plain(DNNL_ARG_DIFF_DST, y)),
        List.of(
            Argument.weight(DNNL_ARG_DIFF_WEIGHTS, w), Argument.plain(DNNL_ARG_DIFF_BIAS, b())));
  }

  private inner_product_forward.primitive_desc forward(memory.desc weight) {
    return new inner_product_forward.primitive_desc(
        library.engine(),
        prop_kind.forward_training,
        OneDnn.plain(x, types.operand()),
        weight,
        OneDnn.plain(b(), DType.F32),
        OneDnn.plain(y, DType.F32),
        OneDnn.attributes(),
        false);
  }
}
