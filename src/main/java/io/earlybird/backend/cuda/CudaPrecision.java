package io.earlybird.backend.cuda;

/** How products of fp32 tensors are computed. */
public enum CudaPrecision {
  /** IEEE fp32: no tensor core rounds an operand. */
  FP32,

  /** Operands rounded to 10 bits of mantissa, fp32 sums, on tensor cores. */
  TF32
}
