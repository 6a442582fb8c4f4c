package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.models.NetworkSpec;
import io.earlybird.training.Beginning;
import io.earlybird.training.EpochRow;
import io.earlybird.training.NetworkSettings;
import io.earlybird.training.Retrain;
import io.earlybird.training.RetrainSettings;
import io.earlybird.training.RunContext;
import io.earlybird.training.RunFolder;
import io.earlybird.training.SavedNetwork;
import io.earlybird.training.Settings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Retraining alone. */
@Command(
    name = "retrain",
    sortOptions = false,
    description = "Trains a pruned network: with its own weights, or with fresh ones.")
final class RetrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--scratch",
      paramLabel = "FILE",
      description = "The pruned network, as 'prune' or the original writes it.")
  private Path scratch;

  @Option(
      names = "--method",
      paramLabel = "NAME",
      defaultValue = "inherit",
      description =
          "inherit the ticket's weights, or reinit with fresh ones. Default: ${DEFAULT-VALUE}.")
  private RetrainSettings.Method method;

  @Option(
      names = {"--start-epoch", "--start_epoch"},
      paramLabel = "N",
      description =
          "Epoch to begin with, from 0. Default: the drawing epoch (inherit) or 0 (reinit).")
  private Integer startEpoch;

  @Mixin private FileNetworkOptions named;
  @Mixin private DataOptions data;
  @Mixin private TrainingOptions training;
  @Mixin private PrecisionOptions precision;
  @Mixin private AveragingOptions averaging;
  @Mixin private EngineOptions engine;
  @Mixin private RunOptions run;

  @Override
  public Integer call() {
    Optional<Beginning> beginning = run.beginning(startEpoch, 0);
    Path file = prunedFile();
    SavedNetwork pruned = SavedNetwork.read(file);
    named.check(pruned);
    NetworkSpec network = pruned.network().spec();
    Settings settings =
        new Settings(
            "retrain",
            NetworkSettings.of(network),
            data.settings(training.valSplit()),
            training.settings(),
            null,
            new RetrainSettings(method, file.toString(), startEpoch == null ? -1 : startEpoch),
            engine.settings(precision.engine()),
            run.saving(),
            precision.settings(averaging));
    return new Runs(spec, run).execute(settings, context -> retrain(context, beginning));
  }

  /** The file that says which network: given, of the run that goes on, or what goes on itself. */
  private Path prunedFile() {
    if (scratch != null) {
      return scratch;
    } else if (run.checkpoint() != null) {
      return run.checkpoint();
    } else if (run.resume() != null) {
      return prunedFileOf(run.resume());
    }
    throw new EarlybirdException("retrain needs a pruned network: name it with --scratch");
  }

  /** The network that a run was started with. */
  private static Path prunedFileOf(Path run) {
    try (RunFolder folder = RunFolder.open(run)) {
      RetrainSettings settings = folder.settings().retraining();
      if (settings == null || settings.scratch() == null) {
        throw new EarlybirdException(
            run + ": this run was started by '" + folder.settings().command() + "'");
      }
      return Path.of(settings.scratch());
    }
  }

  private void retrain(RunContext context, Optional<Beginning> beginning) {
    PrintWriter out = spec.commandLine().getOut();
    RetrainSettings how = context.settings().retraining();
    try (Retrain retrain =
        new Retrain(
            context, Path.of(how.scratch()), context.folder().path(), "retrain", beginning)) {
      if (!retrain.isResumed()) {
        out.printf(
            Locale.ROOT,
            "%s: begins with epoch %d, test accuracy %.2f%%%n",
            beginning.isPresent() ? "resume" : how.method().label(),
            retrain.startEpoch() + 1,
            retrain.before().top1Percent());
      }
      retrain.run();
      EpochRow best = retrain.state().best().orElseThrow();
      EpochRow last = retrain.state().last().orElseThrow();
      out.printf(
          Locale.ROOT,
          "test accuracy: last %.2f%%, best %.2f%% (epoch %d)%n",
          last.testTop1(),
          best.testTop1(),
          best.epoch() + 1);
      out.println("weights: SHA-256 " + Checkpoint.weightsSha256(retrain.weights()));
    }
  }
}
