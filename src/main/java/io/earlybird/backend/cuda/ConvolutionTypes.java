package io.earlybird.backend.cuda;

import io.earlybird.backend.ConvolutionExtents.Product;
import io.earlybird.backend.Form;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.DType;

/**
 * Element types of the tensors of a convolution, F32 or BF16; sums are fp32.
 *
 * @param x of the picture or its gradient
 * @param w of the weight or its gradient
 * @param y of the result or its gradient
 */
record ConvolutionTypes(DType x, DType w, DType y) {
  /**
   * The types of a product: activations and what is multiplied in the backend's type, gradients of
   * weights in fp32. Where both operands exist as bf16 though the precision is fp32, bf16 operands
   * and an fp32 result, with the fp32 product's value.
   */
  static ConvolutionTypes of(Product product, KernelRequest request, CudaBackend backend) {
    DType stored = backend.activations();
    boolean exact = stored == DType.F32 && isBf16(request, 0) && isBf16(request, 1);
    return of(product, exact ? DType.BF16 : stored, stored);
  }

  private static ConvolutionTypes of(Product product, DType operand, DType activation) {
    return switch (product) {
      case FORWARD -> new ConvolutionTypes(operand, operand, activation);
      case BACKWARD_DATA -> new ConvolutionTypes(activation, operand, operand);
      case BACKWARD_WEIGHT -> new ConvolutionTypes(operand, DType.F32, operand);
    };
  }

  private static boolean isBf16(KernelRequest request, int operand) {
    Form form = request.available().get(operand);
    return form != null && form.element() == DType.BF16;
  }

  /** One type for all, as cuDNN's older API wants it. */
  static ConvolutionTypes all(DType type) {
    return new ConvolutionTypes(type, type, type);
  }
}
