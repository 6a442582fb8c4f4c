package io.earlybird.bench;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.backend.cpu.CpuCeilings;
import io.earlybird.data.ImageSet;
import io.earlybird.data.Normalization;
import io.earlybird.energy.ProcessUsage;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.models.Costs;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.optim.Sgd;
import io.earlybird.optim.StepSchedule;
import io.earlybird.plan.Plan;
import io.earlybird.random.Philox;
import io.earlybird.training.Recipe;
import io.earlybird.training.Trainer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The time of one training step: batch from resident data, forward, loss, backward, SGD with
 * momentum, weight decay and L1 term. FLOPs are nominal: the original's count of a forward pass
 * times three.
 */
public final class StepBench {
  private static final int CLASSES = 10;
  private static final int FORWARDS_PER_STEP = 3;
  private static final long SEED = 1;

  private StepBench() {}

  /**
   * What is measured.
   *
   * @param network arch, depth, widths, classes
   * @param batch images per step
   * @param repeat steps that are timed, after as many as {@code warmup}
   * @param precision in how many bits
   */
  public record Options(
      NetworkSpec network, int batch, int repeat, int warmup, LowPrecision precision) {
    /** In full precision. */
    public Options(NetworkSpec network, int batch, int repeat, int warmup) {
      this(network, batch, repeat, warmup, LowPrecision.NONE);
    }

    /**
     * Checks the numbers.
     *
     * @throws EarlybirdException if one is not positive
     */
    public Options {
      if (batch < 1 || repeat < 1 || warmup < 0) {
        throw new EarlybirdException(
            "--batch and --repeat must be at least 1 and --warmup at least 0, not "
                + List.of(batch, repeat, warmup));
      }
    }
  }

  /**
   * What was measured.
   *
   * @param milliseconds of each timed step, in their order
   * @param gflopPerStep nominal
   * @param fmaPeak of the same threads in GFLOP/s, measured before and after; NaN where the backend
   *     is no processor backend
   * @param peakMemoryBytes parameters, gradients, momenta, activations and scratch; without the
   *     resident pictures
   * @param residentGrowthBytes by how much the process grew from before the network was made until
   *     after the steps, kernels' code and the Java heap included; 0 where the system does not say
   * @param formula what a step must hold at least
   */
  public record Result(
      double[] milliseconds,
      double gflopPerStep,
      double fmaPeak,
      long peakMemoryBytes,
      long residentGrowthBytes,
      MemoryFormula formula) {
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

    /** Nominal GFLOP/s at the median. */
    public double gflopPerSecond() {
      return gflopPerStep / medianMs() * 1e3;
    }

    /** Share of the multiply-add peak at the median, or NaN. */
    public double peakShare() {
      return gflopPerSecond() / fmaPeak;
    }
  }

  /**
   * Measures.
   *
   * @throws EarlybirdException if there is not enough memory
   */
  public static Result run(Backend backend, Options options) {
    Network network = Network.ofWidths(options.network());
    double peak = fmaPeak(backend);
    double[] milliseconds = new double[options.repeat()];
    long before = backend.liveBytes();
    long resident = residentBytes();
    return with(
        backend,
        network,
        options,
        (trainer, pictureBytes) -> {
          for (int i = -options.warmup(); i < options.repeat(); i++) {
            double took = step(trainer, backend);
            if (i >= 0) {
              milliseconds[i] = took;
            }
          }
          long memory = backend.liveBytes() - before - pictureBytes;
          double gflop =
              (double) Costs.of(network).flops() * FORWARDS_PER_STEP * options.batch() * 1e-9;
          return new Result(
              milliseconds,
              gflop,
              Math.max(peak, fmaPeak(backend)),
              memory,
              Math.max(0, residentBytes() - resident),
              MemoryFormula.of(network, options.batch()));
        });
  }

  /** Steps that are timed whenever it is asked for. */
  public interface Turns {
    /** Mean milliseconds of the steps of a turn, which are enqueued without waiting. */
    double milliseconds();

    /** Nominal GFLOP of a step. */
    double gflop();
  }

  /**
   * Has steps ready while something else is measured in between.
   *
   * @param options {@code repeat} steps are a turn
   * @param body is handed the turns; the network is gone when it returns
   */
  public static <T> T turns(Backend backend, Options options, Function<Turns, T> body) {
    Network network = Network.ofWidths(options.network());
    double gflop = (double) Costs.of(network).flops() * FORWARDS_PER_STEP * options.batch() * 1e-9;
    int steps = options.repeat();
    ImageSet pictures =
        pictures(Math.multiplyExact(options.batch(), steps), options.network().inputSize());
    try (Trainer trainer = trainer(backend, network, pictures, options)) {
      return body.apply(
          new Turns() {
            @Override
            public double milliseconds() {
              return step(trainer, backend) / steps;
            }

            @Override
            public double gflop() {
              return gflop;
            }
          });
    }
  }

  /**
   * One kernel of a step.
   *
   * @param kernel what it computes and by which implementation
   * @param milliseconds its shortest time
   */
  public record KernelTime(Plan.StepInfo kernel, double milliseconds) {}

  /** Runs the step kernel by kernel and gives the shortest time of each, in their order. */
  public static List<KernelTime> profile(Backend backend, Options options) {
    return with(
        backend,
        Network.ofWidths(options.network()),
        options,
        (trainer, pictureBytes) -> {
          Plan plan = trainer.stepPlan();
          long[] best = new long[plan.steps().size()];
          Arrays.fill(best, Long.MAX_VALUE);
          for (int i = -options.warmup(); i < options.repeat(); i++) {
            trainer.beginEpoch(0);
            long[] nanos = plan.profile();
            for (int k = 0; k < best.length && i >= 0; k++) {
              best[k] = Math.min(best[k], nanos[k]);
            }
          }
          List<KernelTime> times = new ArrayList<>();
          for (int k = 0; k < best.length; k++) {
            times.add(new KernelTime(plan.steps().get(k), best[k] * 1e-6));
          }
          return times;
        });
  }

  private static <T> T with(
      Backend backend, Network network, Options options, BiFunction<Trainer, Long, T> measure) {
    ImageSet pictures = pictures(options);
    try (Trainer trainer = trainer(backend, network, pictures, options)) {
      return measure.apply(trainer, (long) pictures.pixels().length);
    }
  }

  /** A trainer at the start of its steps; with the pictures of a batch each is an epoch. */
  static Trainer trainer(Backend backend, Network network, ImageSet pictures, Options options) {
    Recipe recipe =
        new Recipe(
            options.batch(),
            1,
            StepSchedule.of(0.1, List.of()),
            new Sgd.Settings(0.9f, 1e-4f, 1e-4f),
            SEED,
            options.precision(),
            false);
    Trainer trainer = new Trainer(backend, network, pictures, pictures.first(1), recipe);
    try {
      trainer.start(network.initialState(SEED), 0);
    } catch (RuntimeException e) {
      trainer.close();
      throw e;
    }
    return trainer;
  }

  private static long residentBytes() {
    return ProcessUsage.now().map(ProcessUsage::residentBytes).orElse(0L);
  }

  /** Milliseconds of one epoch: a step, unless there are more pictures than a batch has. */
  static double step(Trainer trainer, Backend backend) {
    trainer.beginEpoch(0);
    long from = System.nanoTime();
    trainer.train(batches -> true);
    backend.synchronize();
    return (System.nanoTime() - from) * 1e-6;
  }

  /** Random pictures, as many as a batch has. */
  static ImageSet pictures(Options options) {
    return pictures(options.batch(), options.network().inputSize());
  }

  /** Multiply-add peak of the processor threads that compute, in GFLOP/s; NaN on other devices. */
  static double fmaPeak(Backend backend) {
    int threads = Backends.processorThreads(backend);
    return threads > 0 ? CpuCeilings.fmaGflops(threads) : Double.NaN;
  }

  private static ImageSet pictures(int count, int size) {
    int most = Integer.MAX_VALUE / (size * size * 3);
    if (count > most) {
      throw new EarlybirdException(
          "--batch %d: at most %d pictures of %dx%d".formatted(count, most, size, size));
    }
    byte[] pixels = new byte[count * size * size * 3];
    int[] words = new int[pixels.length / 4 + 1];
    Philox.words(SEED, 0, 0, Philox.hash("bench", "pixels"), words, 0, words.length);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (words[i / 4] >>> (8 * (i % 4)));
    }
    return new ImageSet(
        "random pictures",
        size,
        size,
        3,
        pixels,
        IntStream.range(0, count).map(i -> i % CLASSES).toArray(),
        IntStream.range(0, CLASSES).mapToObj(Integer::toString).toList(),
        Normalization.CIFAR);
  }
}
