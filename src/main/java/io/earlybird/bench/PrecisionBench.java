package io.earlybird.bench;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Precision;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.backend.cpu.CpuLibrary;
import io.earlybird.data.ImageSet;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.lowprecision.LowPrecision.Flow;
import io.earlybird.models.Network;
import io.earlybird.tensor.format.Rounding;
import io.earlybird.training.Trainer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * One training step on the cpu backend in all number formats, side by side: the steps of all
 * formats alternate, so that load from elsewhere meets all of them.
 */
public final class PrecisionBench {
  private static final int BITS = 8;

  private PrecisionBench() {}

  /** A number format: the precision of the backend, and of training. */
  private record Format(String name, Precision engine, LowPrecision bits) {}

  /**
   * What was measured of a format.
   *
   * @param name such as {@code bfp8 full}
   * @param milliseconds of each step
   * @param memoryBytes parameters, gradients, momenta, activations and scratch
   * @param keptBytes of these, what the forward pass keeps for the backward pass
   */
  public record Line(String name, double[] milliseconds, long memoryBytes, long keptBytes) {
    /** Median time of a step. */
    public double medianMs() {
      return Median.of(milliseconds);
    }

    /** Shortest time of a step. */
    public double minMs() {
      return Arrays.stream(milliseconds).min().orElseThrow();
    }

    /** Longest time of a step. */
    public double maxMs() {
      return Arrays.stream(milliseconds).max().orElseThrow();
    }
  }

  private static List<Format> formats() {
    LowPrecision swalp = LowPrecision.of(BITS, Rounding.STOCHASTIC);
    List<Format> all = new ArrayList<>();
    all.add(new Format("fp32", Precision.FP32, LowPrecision.NONE));
    if (CpuLibrary.processorHasBf16()) {
      all.add(new Format("bf16", Precision.BF16, LowPrecision.NONE));
    }
    all.add(new Format("bfp8 original", Precision.FP32, swalp));
    all.add(new Format("bfp8 full", Precision.FP32, swalp.in(Flow.FULL)));
    return all;
  }

  /**
   * Measures; bf16 is left out where the processor does not multiply it.
   *
   * @param threads processor threads
   * @param options network, batch and numbers of steps; not the precision
   */
  public static List<Line> run(int threads, StepBench.Options options) {
    List<Format> formats = formats();
    List<AutoCloseable> opened = new ArrayList<>();
    try {
      List<Backend> backends = new ArrayList<>();
      List<Trainer> trainers = new ArrayList<>();
      List<Line> lines = new ArrayList<>();
      for (Format format : formats) {
        Backend backend = new CpuBackend(threads, format.engine, Map.of(), Map.of());
        opened.add(backend);
        StepBench.Options with =
            new StepBench.Options(
                options.network(), options.batch(), options.repeat(), 0, format.bits);
        ImageSet pictures = StepBench.pictures(with);
        Trainer trainer =
            StepBench.trainer(backend, Network.ofWidths(options.network()), pictures, with);
        opened.add(trainer);
        StepBench.step(trainer, backend);
        long memory = backend.liveBytes() - pictures.pixels().length;
        backends.add(backend);
        trainers.add(trainer);
        lines.add(
            new Line(
                format.name, new double[options.repeat()], memory, trainer.stepPlan().keptBytes()));
      }
      for (int i = -options.warmup(); i < options.repeat(); i++) {
        for (int f = 0; f < lines.size(); f++) {
          // The first step of a turn finds another format's data in the caches.
          StepBench.step(trainers.get(f), backends.get(f));
          double took = StepBench.step(trainers.get(f), backends.get(f));
          if (i >= 0) {
            lines.get(f).milliseconds()[i] = took;
          }
        }
      }
      return lines;
    } finally {
      for (int i = opened.size() - 1; i >= 0; i--) {
        close(opened.get(i));
      }
    }
  }

  private static void close(AutoCloseable resource) {
    if (resource instanceof Trainer trainer) {
      trainer.close();
    } else if (resource instanceof Backend backend) {
      backend.close();
    }
  }
}
