package io.earlybird.backend.cpu;

import io.earlybird.backend.Form;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.DType;

/**
 * Element types of a product of fp32 tensors; sums are fp32.
 *
 * @param operand of activations, gradients of activations and weights that are multiplied: F32 or
 *     BF16
 * @param result of activations and their gradients that come out; gradients of weights are F32
 */
record ProductTypes(DType operand, DType result) {
  /**
   * The types of a product: those of the backend's precision, or, where both operands exist as bf16
   * though the precision is fp32, bf16 operands and fp32 results, with the fp32 product's value.
   */
  static ProductTypes of(KernelRequest request, CpuBackend backend) {
    DType stored = backend.activations();
    return stored == DType.F32 && isBf16(request, 0) && isBf16(request, 1)
        ? new ProductTypes(DType.BF16, DType.F32)
        : new ProductTypes(stored, stored);
  }

  private static boolean isBf16(KernelRequest request, int operand) {
    Form form = request.available().get(operand);
    return form != null && form.element() == DType.BF16;
  }

  /** Whether there is no other type than fp32. */
  boolean isF32() {
    return operand == DType.F32 && result == DType.F32;
  }
}
