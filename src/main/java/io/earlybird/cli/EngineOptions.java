package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Precision;
import io.earlybird.training.EngineSettings;
import picocli.CommandLine.Option;

/** What computes. */
final class EngineOptions {
  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "Backend: auto, cpu, cuda, opencl, reference. Default: ${DEFAULT-VALUE}.")
  private String backend;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "Processor threads; 0 for all. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(
      names = "--device",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Device of the cuda or opencl backend; doctor lists them. Default: ${DEFAULT-VALUE}.")
  private int device;

  @Option(
      names = "--nondeterministic",
      description =
          "Let the cuda backend use kernels that add in varying order: equal seeds then need not give"
              + " equal weights.")
  private boolean nondeterministic;

  @Option(names = "--no-cuda", description = "The original's word for --backend cpu.")
  private boolean noCuda;

  @Option(
      names = "--gpu_ids",
      paramLabel = "LIST",
      description =
          "The original's: -1 is --backend cpu; with --backend cuda the first of several computes.")
  private String gpuIds;

  /** The choice, in fp32. */
  EngineSettings settings() {
    return settings(Precision.FP32);
  }

  /** The choice, in a precision. */
  EngineSettings settings(Precision precision) {
    if (gpuIds != null && !gpuIds.matches("-1|[0-9]+(,[0-9]+)*")) {
      throw new EarlybirdException("--gpu_ids: expected -1 or numbers with commas, not " + gpuIds);
    }
    boolean onCpu = noCuda || "-1".equals(gpuIds);
    boolean named = gpuIds != null && !onCpu && backend.equals("cuda") && device == 0;
    return new EngineSettings(
        onCpu && backend.equals("auto") ? "cpu" : backend,
        threads,
        named ? firstOf(gpuIds) : device,
        precision.label(),
        nondeterministic);
  }

  private static int firstOf(String list) {
    try {
      return Integer.parseInt(list.replaceFirst(",.*", ""));
    } catch (NumberFormatException e) {
      throw new EarlybirdException("--gpu_ids " + list + ": there are not so many devices", e);
    }
  }
}
