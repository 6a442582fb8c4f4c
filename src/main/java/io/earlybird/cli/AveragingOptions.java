package io.earlybird.cli;

import picocli.CommandLine.Option;

/** Averaging of weights, and the precision of what a pipeline trains last. */
final class AveragingOptions {
  @Option(
      names = "--swa",
      arity = "0..1",
      paramLabel = "true|false",
      fallbackValue = "true",
      description =
          "Average the weights after each epoch from --swa_start on, in full precision; written to"
              + " swa.safetensors.")
  private boolean swa;

  @Option(
      names = {"--swa-start", "--swa_start"},
      paramLabel = "EPOCH",
      defaultValue = "140",
      description = "First epoch, from 0, after which weights are averaged. Default: 140.")
  private int start;

  @Option(
      names = "--retrain-precision",
      paramLabel = "NAME",
      defaultValue = "same",
      description =
          "run only: train tickets in the same precision as the search (LL), or in fp32 (LF)."
              + " Default: ${DEFAULT-VALUE}.")
  private String retrainPrecision;

  boolean swa() {
    return swa;
  }

  int start() {
    return start;
  }

  String retrainPrecision() {
    return retrainPrecision;
  }
}
