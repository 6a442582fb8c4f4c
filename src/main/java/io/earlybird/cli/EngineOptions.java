package io.earlybird.cli;

import io.earlybird.training.EngineSettings;
import picocli.CommandLine.Option;

/** What computes. */
final class EngineOptions {
  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "Backend: auto, cpu, reference. Default: ${DEFAULT-VALUE}.")
  private String backend;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "Processor threads; 0 for all. Default: ${DEFAULT-VALUE}.")
  private int threads;

  /** The choice. */
  EngineSettings settings() {
    return new EngineSettings(backend, threads);
  }
}
