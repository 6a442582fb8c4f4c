package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.data.Pictures;
import io.earlybird.energy.Phase;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.models.NetworkSpec;
import io.earlybird.training.DataSettings;
import io.earlybird.training.EngineSettings;
import io.earlybird.training.Evaluator;
import io.earlybird.training.Metrics;
import io.earlybird.training.SavedNetwork;
import io.earlybird.training.StopSignal;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Evaluation of a checkpoint. */
@Command(
    name = "evaluate",
    sortOptions = false,
    description = "Loss and accuracy of a checkpoint, ticket or pruned network on the test set.")
final class EvaluateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = {"--model", "--resume"},
      paramLabel = "FILE",
      description = "Checkpoint, ticket or pruned network, ours or the original's.")
  private Path model;

  @Option(
      names = "--scratch",
      paramLabel = "FILE",
      description =
          "The pruned network that the checkpoint was trained from: both must be the same network."
              + " Alone, it is evaluated itself.")
  private Path scratch;

  @Option(
      names = "--test-batch-size",
      paramLabel = "N",
      defaultValue = "256",
      description = "Pictures per batch. Default: ${DEFAULT-VALUE}.")
  private int testBatchSize;

  @Mixin private FileNetworkOptions network;
  @Mixin private DataOptions data;
  @Mixin private PrecisionOptions precision;
  @Mixin private EngineOptions engine;
  @Mixin private EnergyOptions meters;

  @Option(names = "--metrics", paramLabel = "FILE", description = EnergyOptions.METRICS)
  private Path metrics;

  @Override
  public Integer call() {
    checkBatch(testBatchSize);
    DataSettings wanted = data.settings(null);
    EngineSettings with = engine.settings(precision.engine());
    SavedNetwork saved = saved();
    network.check(saved);
    LowPrecision bits = precision.isGiven() ? precision.lowPrecision() : saved.precision();
    Downloads.fetch(spec, wanted);
    try (CommandEnergy energy = new CommandEnergy("evaluate", meters)) {
      evaluate(saved, wanted, with, bits, energy);
      energy.tell(spec.commandLine().getOut(), metrics);
      return 0;
    }
  }

  private void evaluate(
      SavedNetwork read,
      DataSettings wanted,
      EngineSettings with,
      LowPrecision bits,
      CommandEnergy energy) {
    PrintWriter out = spec.commandLine().getOut();
    Pictures test = energy.loading(() -> Runs.Data.test(wanted));
    SavedNetwork saved = read.fitTo(test);
    try (Backend backend = Runs.open(out, with, Map.of())) {
      energy.attach(backend);
      out.println(Runs.describe(saved.network()));
      long from = System.nanoTime();
      Metrics m =
          Evaluator.evaluate(
              backend,
              saved.network(),
              saved.state(),
              test,
              testBatchSize,
              wanted.loading(),
              bits,
              saved.seed(),
              new StopSignal(),
              Phase.EVALUATION,
              energy.log());
      double seconds = (System.nanoTime() - from) * 1e-9;
      out.printf(
          Locale.ROOT,
          "%s: loss %.4f, top-1 %.2f%%, top-5 %.2f%% of %,d pictures%s (%.1f s with preparation)%n",
          test.name(),
          m.loss(),
          m.top1Percent(),
          m.top5Percent(),
          m.images(),
          m.images() < test.size()
              ? String.format(" (%d damaged ones left out)", test.size() - m.images())
              : "",
          seconds);
      out.println("weights: SHA-256 " + Checkpoint.weightsSha256(saved.state()));
    }
  }

  private SavedNetwork saved() {
    if (model == null && scratch == null) {
      throw new EarlybirdException("evaluate needs a checkpoint: name it with --model");
    }
    SavedNetwork saved = SavedNetwork.read(model == null ? scratch : model);
    if (model != null && scratch != null) {
      NetworkSpec pruned = SavedNetwork.read(scratch).network().spec();
      if (!pruned.hasStateOf(saved.network().spec())) {
        throw new EarlybirdException(
            model + " holds " + saved.network() + ", but " + scratch + " holds " + pruned);
      }
    }
    return saved;
  }

  static void checkBatch(int size) {
    if (size < 1) {
      throw new EarlybirdException("--test-batch-size must be at least 1, not " + size);
    }
  }
}
