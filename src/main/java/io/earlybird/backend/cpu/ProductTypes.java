package io.earlybird.backend.cpu;

import io.earlybird.tensor.DType;

/**
 * Element types of a product of fp32 tensors; sums are fp32.
 *
 * @param operand of activations, gradients of activations and weights that are multiplied: F32 or
 *     BF16
 * @param result of activations and their gradients that come out; gradients of weights are F32
 */
record ProductTypes(DType operand, DType result) {
  /** Whether there is no other type than fp32. */
  boolean isF32() {
    return operand == DType.F32 && result == DType.F32;
  }
}
