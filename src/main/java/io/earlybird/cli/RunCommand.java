package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.training.Baseline;
import io.earlybird.training.Beginning;
import io.earlybird.training.NetworkSettings;
import io.earlybird.training.RetrainSettings;
import io.earlybird.training.RunContext;
import io.earlybird.training.Settings;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** EB Train from end to end. */
@Command(
    name = "run",
    sortOptions = false,
    description = {
      "Searches for Early-Bird tickets, stops when they are drawn, prunes, trains the dense network"
          + " and every ticket to the last epoch, and compares them."
    })
final class RunCommand implements Callable<Integer> {
  /** Name of this command in a run's settings. */
  static final String NAME = "run";

  @Spec private CommandSpec spec;
  @Mixin private NetworkOptions network;
  @Mixin private DataOptions data;
  @Mixin private TrainingOptions training;
  @Mixin private TicketOptions tickets;

  @Option(
      names = "--method",
      paramLabel = "NAME",
      defaultValue = "inherit",
      description =
          "How tickets are trained: inherit their weights and go on, or reinit and begin again."
              + " Default: ${DEFAULT-VALUE}.")
  private RetrainSettings.Method method;

  @Option(
      names = "--baselines",
      paramLabel = "NAME",
      split = ",",
      description = {
        "Other narrow networks to compare the tickets with, at the same ratios:",
        "lottery-ticket (train to the end, prune, rewind to the first weights, retrain),",
        "network-slimming (train to the end, prune, retrain), reinit (the ticket with fresh"
            + " weights), full-precision (the ticket of a search in low precision, trained in full),"
            + " random and magnitude (as the ticket, but with a random mask, or one by the weights'"
            + " magnitude). Default: none."
      })
  private List<Baseline> baselines = List.of();

  @Option(
      names = "--seeds",
      split = ",",
      paramLabel = "N",
      description =
          "Do it with each of these seeds, in a folder each, and compare: mean and spread. The same"
              + " command goes on with what is missing.")
  private List<Long> seeds;

  @Option(
      names = "--side-by-side",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "How many of the seeds train at the same time, where one does not fill the device."
              + " Default: ${DEFAULT-VALUE}.")
  private int sideBySide;

  @Mixin private PrecisionOptions precision;
  @Mixin private AveragingOptions averaging;
  @Mixin private EngineOptions engine;
  @Mixin private RunOptions run;

  @Override
  public Integer call() {
    if (seeds != null) {
      return severalSeeds();
    }
    Optional<Beginning> beginning = run.beginning(null, tickets.settings().masks());
    NetworkSettings chosen = network.settings(beginning, spec.commandLine().getParseResult());
    return new Runs(spec, run).execute(settings(chosen), context -> run(context, beginning));
  }

  private int severalSeeds() {
    CommandLine line = spec.commandLine();
    if (run.isResume()) {
      throw new EarlybirdException("--seeds goes on by itself: leave out --resume, name --save");
    }
    settings();
    List<String> words = line.getParseResult().originalArgs();
    return new SeedRuns(run.save(), seeds, sideBySide, words)
        .execute(run.energy(), line.getOut(), line.getErr());
  }

  private void run(RunContext context, Optional<Beginning> beginning) {
    beginning.ifPresent(b -> Runs.requireEpochsLeft(b.epoch(), context));
    PipelineReport.run(context, beginning, spec.commandLine().getOut());
  }

  /** The settings that were chosen. */
  Settings settings() {
    return settings(network.settings());
  }

  private Settings settings(NetworkSettings chosen) {
    return new Settings(
        NAME,
        chosen,
        data.settings(training.valSplit()),
        training.settings(),
        tickets.settings(),
        new RetrainSettings(method, null, -1, baselines),
        engine.settings(precision.engine()),
        run.saving(),
        precision.settings(averaging));
  }
}
