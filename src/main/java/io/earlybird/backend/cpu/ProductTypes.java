package io.earlybird.backend.cpu;

import io.earlybird.backend.Form;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.format.BlockFloat;

/**
 * Element types of a product of fp32 tensors; sums are fp32.
 *
 * @param operand of activations, gradients of activations and weights that are multiplied: F32 or
 *     BF16
 * @param result of activations and their gradients that come out; gradients of weights are F32
 * @param integers whether both operands are block values of at most 8 bits, of one block per index
 *     of dimension 0
 */
record ProductTypes(DType operand, DType result, boolean integers) {
  private static final int INTEGER_BITS = 8;

  /** Types of operands of which nothing else is known. */
  ProductTypes(DType operand, DType result) {
    this(operand, result, false);
  }

  /**
   * The types of a product: those of the backend's precision, or, where both operands exist as bf16
   * though the precision is fp32, bf16 operands and fp32 results, with the fp32 product's value.
   */
  static ProductTypes of(KernelRequest request, CpuBackend backend) {
    DType stored = backend.activations();
    return stored == DType.F32 && isBf16(request, 0) && isBf16(request, 1)
        ? new ProductTypes(DType.BF16, DType.F32, isInteger(request, 0) && isInteger(request, 1))
        : new ProductTypes(stored, stored);
  }

  private static boolean isBf16(KernelRequest request, int operand) {
    Form form = request.available().get(operand);
    return form != null && form.element() == DType.BF16;
  }

  private static boolean isInteger(KernelRequest request, int operand) {
    return request.formats().get(operand) instanceof BlockFloat block
        && block.wordLength() <= INTEGER_BITS
        && block.blockDimension() == 0;
  }

  /** What tells the choices of kernels for these types from those for others; empty for fp32. */
  String suffix() {
    return isF32() ? "" : " " + operand + " to " + result + (integers ? " of 8-bit blocks" : "");
  }

  /** Whether there is no other type than fp32. */
  boolean isF32() {
    return operand == DType.F32 && result == DType.F32;
  }
}
