package io.earlybird.cli;

import io.earlybird.training.Existence;
import io.earlybird.training.ExistenceResults;
import io.earlybird.training.ExistenceSettings;
import io.earlybird.training.RetrainSettings;
import io.earlybird.training.RunContext;
import io.earlybird.training.Settings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The paper's first figure. */
@Command(
    name = "existence",
    sortOptions = false,
    description =
        "Do Early-Bird tickets exist? Trains the dense network, draws tickets after chosen epochs"
            + " and from the best checkpoint, retrains each for all epochs with several seeds, and"
            + " plots accuracy against drawing epoch. Resumable; finished parts are reused.")
final class ExistenceCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private NetworkOptions network;
  @Mixin private DataOptions data;
  @Mixin private TrainingOptions training;
  @Mixin private TicketOptions tickets;

  @Option(
      names = "--draw",
      paramLabel = "N",
      split = ",",
      description =
          "Epochs trained before a ticket is drawn, from 0 to --epochs."
              + " Default: 1,10,20,40,80,160 as far as --epochs goes.")
  private List<Integer> draw;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "Retrainings of each ticket, with --seed and the numbers after it. Default: 3.")
  private Integer seeds;

  @Option(
      names = "--second-schedule",
      paramLabel = "EPOCH",
      split = ",",
      description =
          "Do it all again with the learning rate falling at these epochs: '0,100' is the paper's"
              + " small one.")
  private List<Integer> secondSchedule;

  @Option(
      names = "--second-lr",
      paramLabel = "LR",
      description = "Do it all again with this first learning rate. Default: that of --lr.")
  private Double secondLr;

  @Option(
      names = "--method",
      paramLabel = "NAME",
      defaultValue = "inherit",
      description =
          "How tickets are retrained: inherit their weights, or reinit. Default: ${DEFAULT-VALUE}.")
  private RetrainSettings.Method method;

  @Mixin private PrecisionOptions precision;
  @Mixin private AveragingOptions averaging;
  @Mixin private EngineOptions engine;
  @Mixin private RunOptions run;

  @Override
  public Integer call() {
    Settings settings =
        new Settings(
            "existence",
            network.settings(),
            data.settings(training.valSplit()),
            training.settings(),
            tickets.settings(),
            new RetrainSettings(method, null, 0),
            engine.settings(precision.engine()),
            run.saving(),
            precision.settings(averaging));
    ExistenceSettings given = merged(new ExistenceSettings(List.of(), 3, null, null));
    Path old = run.resume();
    ExistenceSettings wanted = old == null ? given : merged(ExistenceSettings.read(old));
    return new Runs(spec, run).execute(settings, context -> run(context, wanted));
  }

  /** The settings with what was given in the place of what was before. */
  private ExistenceSettings merged(ExistenceSettings before) {
    return new ExistenceSettings(
        draw == null ? before.draw() : draw,
        seeds == null ? before.seeds() : seeds,
        secondSchedule == null ? before.secondSchedule() : secondSchedule,
        secondLr == null ? before.secondLr() : secondLr);
  }

  private void run(RunContext context, ExistenceSettings chosen) {
    ExistenceSettings wanted = chosen;
    if (wanted.draw().isEmpty()) {
      int epochs = context.settings().training().epochs();
      List<Integer> usual =
          List.of(1, 10, 20, 40, 80, 160).stream().filter(e -> e <= epochs).toList();
      wanted =
          new ExistenceSettings(usual, chosen.seeds(), chosen.secondSchedule(), chosen.secondLr());
    }
    Existence existence = new Existence(context, wanted);
    wanted.write(context.folder().path());
    List<Existence.Point> points = existence.run();
    PrintWriter out = spec.commandLine().getOut();
    out.println();
    out.print(ExistenceResults.table(points));
    out.println("figure " + context.folder().path().resolve(ExistenceResults.NAME + ".svg"));
  }
}
