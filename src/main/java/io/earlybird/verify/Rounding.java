package io.earlybird.verify;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;

/** Rounds operands as a backend's forms do, so that the reference computes with the same values. */
final class Rounding {
  private Rounding() {}

  /** The nearest bfloat16 values, as F32. */
  static HostTensor bf16(HostTensor value) {
    TensorSpec narrow = new TensorSpec(value.shape(), DType.BF16);
    double[] rounded = HostTensor.ofDoubles(narrow, value.doubles()).doubles();
    return HostTensor.ofDoubles(value.spec(), rounded);
  }
}
