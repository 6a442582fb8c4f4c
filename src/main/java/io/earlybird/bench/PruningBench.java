package io.earlybird.bench;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.models.Costs;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.plan.Work;
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

  /**
   * The rates that bound a kernel.
   *
   * @param gflops multiply-add peak in GFLOP/s
   * @param gigabytes of a copy, read and written ones together, in 10^9 bytes per second
   */
  public record Ceilings(double gflops, double gigabytes) {
    /** Measures them on the threads of a processor backend. */
    public static Ceilings of(Backend backend) {
      double peak = StepBench.fmaPeak(backend);
      if (Double.isNaN(peak)) {
        throw new EarlybirdException(
            "bench pruning knows the ceilings of processors alone, not of " + backend.name());
      }
      return new Ceilings(peak, CopyRate.gigabytesPerSecond(backend));
    }

    /** Seconds that a step takes at least if each kernel reaches the ceiling that binds it. */
    double seconds(List<Work> kernels) {
      return kernels.stream().map(Work::total).mapToDouble(this::seconds).sum();
    }

    private double seconds(Work.Amount kernel) {
      return NANO * Math.max(kernel.allOperations() / gflops, kernel.bytes() / gigabytes);
    }
  }

  /** The median and the smallest time of a step, in milliseconds. */
  public record Times(double medianMs, double minMs) {
    private static Times of(double[] milliseconds) {
      double[] sorted = milliseconds.clone();
      Arrays.sort(sorted);
      int n = sorted.length;
      return new Times((sorted[(n - 1) / 2] + sorted[n / 2]) / 2, sorted[0]);
    }
  }

  /**
   * What was measured.
   *
   * @param dense times of the dense network's step
   * @param pruned times of the pruned network's step
   * @param flopRatio FLOPs of the pruned network by those of the dense one, counted as the original
   *     counts them
   * @param allowedRatio the same of the times that the ceilings allow
   */
  public record Result(Times dense, Times pruned, double flopRatio, double allowedRatio) {
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
   * Measures.
   *
   * @throws EarlybirdException if there is not enough memory
   */
  public static Result run(Backend backend, Ceilings ceilings, Options options) {
    Network dense = Network.of(options.dense());
    Network pruned = Network.ofWidths(options.pruned());
    double[] denseMs = new double[options.repeat()];
    double[] prunedMs = new double[options.repeat()];
    try (Trainer first = trainer(backend, dense, options.dense(), options.batch());
        Trainer second = trainer(backend, pruned, options.pruned(), options.batch())) {
      for (int i = -options.warmup(); i < options.repeat(); i++) {
        double a = StepBench.step(first, backend);
        double b = StepBench.step(second, backend);
        if (i >= 0) {
          denseMs[i] = a;
          prunedMs[i] = b;
        }
      }
      ToDoubleFunction<Network> flops = n -> Costs.of(n).flops();
      return new Result(
          Times.of(denseMs),
          Times.of(prunedMs),
          flops.applyAsDouble(pruned) / flops.applyAsDouble(dense),
          ceilings.seconds(second.stepPlan().stepWork())
              / ceilings.seconds(first.stepPlan().stepWork()));
    }
  }

  private static Trainer trainer(Backend backend, Network network, NetworkSpec spec, int batch) {
    StepBench.Options options = new StepBench.Options(spec, batch, 1, 0);
    return StepBench.trainer(backend, network, StepBench.pictures(options), options);
  }
}
