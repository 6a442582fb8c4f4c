package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.data.Pictures;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.tickets.ChannelThreshold;
import io.earlybird.tickets.Criterion;
import io.earlybird.training.DataSettings;
import io.earlybird.training.EngineSettings;
import io.earlybird.training.Prune;
import io.earlybird.training.SavedNetwork;
import io.earlybird.training.StopSignal;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Pruning alone. */
@Command(
    name = "prune",
    sortOptions = false,
    description =
        "Makes a ticket, or any checkpoint, the narrower network with the surviving weights.")
final class PruneCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "FILE",
      description = "Ticket or checkpoint to prune, ours or the original's.")
  private Path model;

  @Option(
      names = "--percent",
      paramLabel = "P",
      description = "Fraction of channels to prune. Default: the ticket's own.")
  private Double percent;

  @Option(
      names = "--cumulative",
      description =
          "--percent counts from the network before all pruning: a network pruned by 0.3 and pruned"
              + " again with --percent 0.5 --cumulative keeps half of what was there at first.")
  private boolean cumulative;

  @Option(
      names = "--init",
      paramLabel = "FILE",
      description = "Take the weights from this checkpoint of the same network (rewinding).")
  private Path init;

  @Option(
      names = "--by",
      paramLabel = "WHAT",
      defaultValue = "scale",
      description =
          "What the mask ranks channels by: scale (batch norm's, the paper's way), protective (the"
              + " same, but a tenth of every layer is safe), magnitude (of the weights that read the"
              + " channel), or random. Default: ${DEFAULT-VALUE}.")
  private Criterion criterion;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of '--by random'. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--pth", description = "Write pruned.pth.tar too, the original's form.")
  private boolean pth;

  @Option(
      names = "--save",
      required = true,
      paramLabel = "DIR",
      description = "Folder for pruned.safetensors, prune.txt and metrics.jsonl.")
  private Path save;

  @Option(
      names = "--test-batch-size",
      paramLabel = "N",
      defaultValue = "256",
      description = "Pictures per test batch. Default: ${DEFAULT-VALUE}.")
  private int testBatchSize;

  @Mixin private FileNetworkOptions network;
  @Mixin private DataOptions data;
  @Mixin private PrecisionOptions precision;
  @Mixin private EngineOptions engine;
  @Mixin private EnergyOptions meters;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (percent != null) {
      ChannelThreshold.checkRatio(percent);
    }
    EvaluateCommand.checkBatch(testBatchSize);
    DataSettings wanted = data.settings(null);
    EngineSettings with = engine.settings();
    network.check(SavedNetwork.read(model));
    Downloads.fetch(spec, wanted);
    try (CommandEnergy energy = new CommandEnergy("prune", meters)) {
      prune(wanted, with, energy, out);
      energy.writeTo(save);
      energy.print(out);
      return 0;
    }
  }

  private void prune(
      DataSettings wanted, EngineSettings with, CommandEnergy energy, PrintWriter out) {
    Pictures test = energy.loading(() -> Runs.Data.test(wanted));
    try (Backend backend = Runs.open(out, with, Map.of());
        ConsoleProgress progress = new ConsoleProgress(out, 1)) {
      energy.attach(backend);
      makeFolder();
      OptionalDouble ratio = percent == null ? OptionalDouble.empty() : OptionalDouble.of(percent);
      LowPrecision bits = precision.isGiven() ? precision.lowPrecision() : null;
      Prune.Request request =
          new Prune.Request(model, ratio, cumulative, init, pth, bits, criterion, seed);
      Prune.Pruned pruned =
          Prune.run(
              backend,
              request,
              test,
              testBatchSize,
              wanted.loading(),
              save,
              new StopSignal(),
              energy.log());
      progress.pruned(pruned);
      out.println("cfg " + pruned.spec().widths());
      out.println("pruned network " + pruned.file());
      if (pth) {
        out.println("for PyTorch    " + save.resolve(Prune.ORIGINAL_FILE));
      }
    }
  }

  private void makeFolder() {
    try {
      Files.createDirectories(save);
    } catch (IOException e) {
      throw new EarlybirdException(save + ": cannot be created: " + e, e);
    }
  }
}
