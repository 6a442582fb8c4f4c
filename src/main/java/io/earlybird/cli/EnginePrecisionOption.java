package io.earlybird.cli;

import io.earlybird.backend.Precision;
import picocli.CommandLine.Option;

/** In which precision a backend computes. */
final class EnginePrecisionOption {
  @Option(
      names = "--precision",
      paramLabel = "NAME",
      defaultValue = "fp32",
      description =
          "fp32; bf16: activations and products in bf16, weights and sums in fp32; or tf32, on GPUs."
              + " Default: ${DEFAULT-VALUE}.")
  private String name;

  /** The choice. */
  Precision precision() {
    return Precision.of(name);
  }
}
