package io.earlybird.bench;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.data.ShapesSource;
import io.earlybird.data.Split;
import io.earlybird.energy.EnergyLog;
import io.earlybird.energy.EnergyMonitor;
import io.earlybird.energy.Meters;
import io.earlybird.energy.Phase;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.optim.Sgd;
import io.earlybird.optim.StepSchedule;
import io.earlybird.report.MetricsWriter;
import io.earlybird.training.Metrics;
import io.earlybird.training.Recipe;
import io.earlybird.training.Trainer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/**
 * What measuring energy costs: epochs with the windows and records of a search, and the same epochs
 * with neither monitor nor meter, by turns.
 */
public final class EnergyOverhead {
  private static final long SEED = 1;
  private static final int TEST_BATCH = 256;

  private final Trainer trainer;
  private final Options options;
  private final Backend backend;

  /** One for all epochs, as a run has it. */
  private final MetricsWriter metrics;

  private int windows;
  private String description = "";

  private EnergyOverhead(Trainer trainer, Options options, Backend backend, MetricsWriter metrics) {
    this.trainer = trainer;
    this.options = options;
    this.backend = backend;
    this.metrics = metrics;
  }

  /**
   * What is measured.
   *
   * @param network arch, depth, widths, classes
   * @param batch pictures per step
   * @param images pictures of an epoch
   * @param testImages pictures of an evaluation
   * @param pairs of an epoch with and one without
   * @param meters opens the meters; called before every epoch with them, outside of its time
   * @param records where the windows' lines go
   */
  public record Options(
      NetworkSpec network,
      int batch,
      int images,
      int testImages,
      int pairs,
      Supplier<Meters> meters,
      Path records) {
    /**
     * Checks the numbers.
     *
     * @throws EarlybirdException if one is out of range
     */
    public Options {
      if (batch < 1 || pairs < 9) {
        throw new EarlybirdException(
            "--batch must be at least 1 and --repeat at least 9, not " + List.of(batch, pairs));
      }
      range("--train-images", images, ShapesSource.TRAIN_SIZE);
      range("--test-images", testImages, ShapesSource.TEST_SIZE);
    }

    private static void range(String option, int value, int most) {
      if (value < 1 || value > most) {
        throw new EarlybirdException(option + " must be 1 to " + most + ", not " + value);
      }
    }
  }

  /**
   * What was measured.
   *
   * @param with seconds of the epochs with windows
   * @param without seconds of those without, each next to its partner
   * @param difference relative
   * @param windows of an epoch
   * @param meters one line on what was read
   */
  public record Result(
      double[] with, double[] without, PairedDifference difference, int windows, String meters) {}

  /**
   * Measures.
   *
   * @throws EarlybirdException if there is no meter, or not enough memory
   */
  public static Result run(Backend backend, Options options) {
    Network network = Network.ofWidths(options.network());
    ShapesSource data = new ShapesSource(ShapesSource.SEED, options.images(), options.testImages());
    Recipe recipe =
        new Recipe(
            options.batch(),
            TEST_BATCH,
            StepSchedule.of(0.1, List.of()),
            new Sgd.Settings(0.9f, 1e-4f, 1e-4f),
            SEED);
    try (Trainer trainer =
        new Trainer(backend, network, data.load(Split.TRAIN), data.load(Split.TEST), recipe)) {
      trainer.start(network.initialState(SEED), 0);
      try (MetricsWriter metrics = MetricsWriter.append(options.records())) {
        return new EnergyOverhead(trainer, options, backend, metrics).run();
      }
    }
  }

  private Result run() {
    double[] with = new double[options.pairs()];
    double[] without = new double[options.pairs()];
    with(0);
    without(0);
    for (int i = 0; i < options.pairs(); i++) {
      // Which of the two comes first changes from pair to pair.
      for (int turn = 0; turn < 2; turn++) {
        if ((turn + i) % 2 == 0) {
          with[i] = with(i);
        } else {
          without[i] = without(i);
        }
      }
    }
    return new Result(with, without, PairedDifference.of(with, without), windows, description);
  }

  private double without(int epoch) {
    backend.synchronize();
    long from = System.nanoTime();
    trainer.scales();
    trainer.beginEpoch(epoch);
    trainer.train(batches -> true);
    trainer.metrics();
    trainer.evaluate();
    backend.synchronize();
    return (System.nanoTime() - from) * 1e-9;
  }

  /** The same in the windows of an epoch of a search, each of which becomes a line. */
  private double with(int epoch) {
    try (EnergyMonitor monitor = EnergyMonitor.of(options.meters().get())) {
      if (!monitor.measures()) {
        throw new EarlybirdException("energy: " + monitor.describe());
      }
      monitor.attach(backend.name(), backend::synchronize);
      description = monitor.describe();
      windows = 0;
      EnergyLog log =
          new EnergyLog(
              monitor,
              window -> {
                windows++;
                metrics.write(window.toMap());
              });
      backend.synchronize();
      long from = System.nanoTime();
      log.during(Phase.MASK_DISTANCE, () -> trainer.scales());
      log.during(
          Phase.DATA_LOADING,
          () -> {
            trainer.beginEpoch(epoch);
            return epoch;
          });
      log.during(
          Phase.SEARCH,
          window -> {
            trainer.train(batches -> true);
            Metrics sums = trainer.metrics();
            window.add(trainer.work(0, trainer.batches().count()));
            window.addImages(sums.images());
            return sums;
          });
      log.during(
          Phase.EVALUATION,
          window -> {
            Metrics sums = trainer.evaluate();
            window.add(trainer.evaluationWork());
            window.addImages(sums.images());
            return sums;
          });
      backend.synchronize();
      return (System.nanoTime() - from) * 1e-9;
    }
  }
}
