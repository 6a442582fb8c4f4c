package io.earlybird.bench;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.backend.cpu.CpuCeilings;
import io.earlybird.models.Costs;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.plan.Work;
import io.earlybird.tensor.DType;
import io.earlybird.training.Trainer;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What pruning saves of a training step: time beside FLOPs, dense and pruned network alternating,
 * and beside what counted bytes and operations allow. A network whose residual stream is never
 * pruned keeps moving most of its bytes, so that its FLOPs alone promise too much.
 */
public final class PruningBench {
  private static final double NANO = 1e-9;

  private PruningBench() {}

  /**
   * What is measured.
   *
   * @param dense the network before pruning
   * @param pruned the same with fewer channels
   * @param batch images per step
   * @param repeat pairs of steps that are timed, after as many as {@code warmup}
   */
  public record Options(NetworkSpec dense, NetworkSpec pruned, int batch, int repeat, int warmup) {
    /** Checks the ranges. */
    public Options {
      if (batch < 1 || repeat < 1 || warmup < 0) {
        throw new EarlybirdException(
            "--batch and --repeat must be at least 1 and --warmup at least 0, not "
                + List.of(batch, repeat, warmup));
      }
    }
  }

  /** Multiply-add peaks by the format of what is multiplied, in GFLOP/s. */
  public record Peaks(double f32, double bf16) {
    /** Measures them on the threads of a processor backend. */
    public static Peaks of(Backend backend) {
      int threads = Backends.processorThreads(backend);
      if (threads < 1) {
        throw new EarlybirdException(
            "bench pruning knows the ceilings of processors alone, not of " + backend.name());
      }
      return new Peaks(CpuCeilings.fmaGflops(threads), CpuCeilings.bf16Gflops(threads));
    }

    /**
     * Seconds that a step takes at least if each kernel reaches the ceiling that binds it.
     *
     * @param gigabytes of a copy, read and written ones together, in 10^9 bytes per second
     */
    double seconds(List<Work> kernels, double gigabytes) {
      return kernels.stream().map(Work::total).mapToDouble(k -> seconds(k, gigabytes)).sum();
    }

    private double seconds(Work.Amount kernel, double gigabytes) {
      double operations = 0;
      for (var format : kernel.operations().entrySet()) {
        operations += format.getValue() / (format.getKey() == DType.BF16 ? bf16 : f32);
      }
      return NANO * Math.max(operations, kernel.bytes() / gigabytes);
    }
  }

  /** The median and the smallest time of a step, in milliseconds. */
  public record Times(double medianMs, double minMs) {
    private static Times of(double[] milliseconds) {
      return new Times(Median.of(milliseconds), Arrays.stream(milliseconds).min().orElseThrow());
    }
  }

  /**
   * What was measured.
   *
   * @param dense times of the dense network's step
   * @param pruned times of the pruned network's step
   * @param flopRatio FLOPs of the pruned network by those of the dense one, counted as the original
   *     counts them
   * @param copyGigabytes of a copy beside the steps: the median, in 10^9 bytes per second
   * @param allowedRatio the same ratio of the times that peaks and this copy allow
   */
  public record Result(
      Times dense, Times pruned, double flopRatio, double copyGigabytes, double allowedRatio) {
    /** Time of the pruned step by that of the dense one, at the medians. */
    public double timeRatio() {
      return pruned.medianMs / dense.medianMs;
    }

    /** The same at the shortest times, which other load on the machine disturbs less. */
    public double minTimeRatio() {
      return pruned.minMs / dense.minMs;
    }

    /** Share of the saved FLOPs that became time. */
    public double shareOfFlops() {
      return (1 - timeRatio()) / (1 - flopRatio);
    }

    /** Share of the saving that bytes and operations allow that became time. */
    public double shareOfAllowed() {
      return (1 - timeRatio()) / (1 - allowedRatio);
    }
  }

  /**
   * Measures: dense step, pruned step and copy by turns, because the rate of memory on a shared
   * machine is not the same from minute to minute.
   *
   * @throws EarlybirdException if there is not enough memory
   */
  public static Result run(Backend backend, Peaks peaks, Options options) {
    Network dense = Network.of(options.dense());
    Network pruned = Network.ofWidths(options.pruned());
    double[] denseMs = new double[options.repeat()];
    double[] prunedMs = new double[options.repeat()];
    double[] copies = new double[options.repeat()];
    try (CopyRate copy = new CopyRate(backend);
        Trainer first = trainer(backend, dense, options.dense(), options.batch());
        Trainer second = trainer(backend, pruned, options.pruned(), options.batch())) {
      for (int i = -options.warmup(); i < options.repeat(); i++) {
        double a = StepBench.step(first, backend);
        double b = StepBench.step(second, backend);
        double rate = copy.gigabytesPerSecond();
        if (i >= 0) {
          denseMs[i] = a;
          prunedMs[i] = b;
          copies[i] = rate;
        }
      }
      ToDoubleFunction<Network> flops = n -> Costs.of(n).flops();
      double gigabytes = Median.of(copies);
      return new Result(
          Times.of(denseMs),
          Times.of(prunedMs),
          flops.applyAsDouble(pruned) / flops.applyAsDouble(dense),
          gigabytes,
          peaks.seconds(second.stepPlan().stepWork(), gigabytes)
              / peaks.seconds(first.stepPlan().stepWork(), gigabytes));
    }
  }

  private static Trainer trainer(Backend backend, Network network, NetworkSpec spec, int batch) {
    StepBench.Options options = new StepBench.Options(spec, batch, 1, 0);
    return StepBench.trainer(backend, network, StepBench.pictures(options), options);
  }
}
