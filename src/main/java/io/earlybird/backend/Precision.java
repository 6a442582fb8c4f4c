package io.earlybird.backend;

import io.earlybird.EarlybirdException;
import io.earlybird.tensor.DType;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How a backend computes with fp32 tensors. Parameters, momenta, statistics and sums are fp32 in
 * all of them.
 */
public enum Precision {
  /** IEEE fp32: nothing rounds an operand. */
  FP32,

  /** Products on tensor cores, whose operands are rounded to 10 bits of mantissa. */
  TF32,

  /** Activations, their gradients and the operands of products are stored as bf16. */
  BF16;

  /** The name on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Element type of stored activations. */
  public DType activations() {
    return this == BF16 ? DType.BF16 : DType.F32;
  }

  /**
   * The precision of a name.
   *
   * @throws EarlybirdException if there is none
   */
  public static Precision of(String label) {
    for (Precision p : values()) {
      if (p.label().equals(label)) {
        return p;
      }
    }
    throw new EarlybirdException(
        "unknown precision '"
            + label
            + "': expected "
            + Arrays.stream(values()).map(Precision::label).collect(Collectors.joining(", ")));
  }
}
