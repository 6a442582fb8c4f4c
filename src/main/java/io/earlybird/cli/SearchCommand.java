package io.earlybird.cli;

import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.models.Network;
import io.earlybird.training.Beginning;
import io.earlybird.training.RunContext;
import io.earlybird.training.Search;
import io.earlybird.training.SearchPictures;
import io.earlybird.training.Settings;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The search alone. */
@Command(
    name = "search",
    sortOptions = false,
    description =
        "Trains the dense network and draws a ticket for every ratio whose mask has settled.")
final class SearchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private NetworkOptions network;
  @Mixin private DataOptions data;
  @Mixin private TrainingOptions training;
  @Mixin private TicketOptions tickets;

  @Option(
      names = "--stop-when-drawn",
      description = "End as soon as every wanted ticket is drawn; else train to the last epoch.")
  private boolean stopWhenDrawn;

  @Option(
      names = {"--start-epoch", "--start_epoch"},
      paramLabel = "N",
      description =
          "Epoch to begin with, from 0. Default: 0, or with a checkpoint the one that follows it.")
  private Integer startEpoch;

  @Mixin private PrecisionOptions precision;
  @Mixin private AveragingOptions averaging;
  @Mixin private EngineOptions engine;
  @Mixin private RunOptions run;

  @Override
  public Integer call() {
    Optional<Beginning> beginning = run.beginning(startEpoch, tickets.settings().masks());
    Settings settings =
        new Settings(
            "search",
            network.settings(beginning, spec.commandLine().getParseResult()),
            data.settings(training.valSplit()),
            training.settings(),
            tickets.settings(),
            null,
            engine.settings(precision.engine()),
            run.saving(),
            precision.settings(averaging));
    return new Runs(spec, run).execute(settings, context -> search(context, beginning));
  }

  private Optional<Beginning> fresh(RunContext context) {
    long seed = context.settings().training().seed();
    return Optional.of(Beginning.fresh(context.networkSpec(), seed, startEpoch));
  }

  private void search(RunContext context, Optional<Beginning> checkpoint) {
    Optional<Beginning> beginning =
        checkpoint.isPresent() || startEpoch == null ? checkpoint : fresh(context);
    beginning.ifPresent(b -> Runs.requireEpochsLeft(b.epoch(), context));
    PrintWriter out = spec.commandLine().getOut();
    out.println(Runs.describe(Network.of(context.networkSpec())));
    try (Search search = new Search(context, context.folder().path(), beginning)) {
      if (stopWhenDrawn) {
        search.untilDrawn();
      } else {
        search.toTheEnd();
      }
      SearchPictures.write(context.folder().path(), context.settings().tickets());
      int last = stopWhenDrawn ? context.settings().training().epochs() : 0;
      context.progress().searched(search.tickets(), search.missed(), last);
      search.tickets().forEach(t -> out.println("ticket " + t.file()));
      out.println("weights: SHA-256 " + Checkpoint.weightsSha256(search.weights()));
    }
  }
}
