package io.earlybird.cli;

import io.earlybird.backend.Backend;
import io.earlybird.models.Cfg;
import io.earlybird.models.Costs;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.tickets.EarlyBirdDetector;
import io.earlybird.training.Comparison;
import io.earlybird.training.DataSettings;
import io.earlybird.training.EngineSettings;
import io.earlybird.training.NetworkSettings;
import io.earlybird.training.RetrainSettings;
import io.earlybird.training.RunContext;
import io.earlybird.training.Settings;
import io.earlybird.training.TicketSettings;
import io.earlybird.training.TrainingSettings;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The whole method in two minutes, without any download. */
@Command(
    name = "quickstart",
    sortOptions = false,
    description =
        "Runs the whole method on a small network and the built-in data set: about two minutes on"
            + " two cores, no download. The same as 'run' with the settings that it prints.")
final class QuickstartCommand implements Callable<Integer> {
  /** A VGG-11 of a quarter of the width. */
  private static final Cfg CFG = Cfg.of(16, "M", 32, "M", 64, 64, "M", 128, 128, "M", 128, 128);

  private static final int EPOCHS = 12;
  private static final List<Integer> SCHEDULE = List.of(4, 9);
  private static final double LEARNING_RATE = 0.1;
  private static final List<Double> RATIOS = List.of(0.3, 0.5, 0.7);

  /** What a full CIFAR-10 run of the paper's network would take. */
  private static final NetworkSpec PAPER = NetworkSpec.of("vgg", 16, 10);

  private static final int PAPER_EPOCHS = 160;
  private static final int CIFAR_PICTURES = 50_000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of everything random. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Mixin private EngineOptions engine;
  @Mixin private RunOptions run;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        "quickstart: search for tickets, prune, retrain and compare on the built-in pictures");
    out.println(
        "(about two minutes on two cores, 1 GB of memory, 50 MB of disk; nothing is downloaded)");
    Settings settings = settings();
    if (run.resume() == null) {
      EngineSettings with = settings.engine();
      try (Backend backend = with.open(Map.of()).backend()) {
        SelfCheck.run(backend, out);
      }
    }
    return new Runs(spec, run).execute(settings, context -> run(context, out));
  }

  Settings settings() {
    return new Settings(
        RunCommand.NAME,
        new NetworkSettings("vgg", 0, CFG),
        new DataSettings("shapes", null, 0, 0, null),
        new TrainingSettings(EPOCHS, 64, 256, SCHEDULE, LEARNING_RATE, 0.9, 1e-4, true, 1e-4, seed),
        new TicketSettings(
            RATIOS,
            EarlyBirdDetector.Rule.QUEUE,
            EarlyBirdDetector.Settings.DEFAULT_LIMIT,
            EarlyBirdDetector.Settings.DEFAULT_QUEUE,
            false),
        new RetrainSettings(RetrainSettings.Method.INHERIT, null, -1),
        engine.settings(),
        run.saving());
  }

  private static void run(RunContext context, PrintWriter out) {
    out.println("precision fp32, seed " + context.settings().training().seed());
    out.println("the same as: " + CommandWords.of(context.settings()));
    Comparison comparison = PipelineReport.run(context, out);
    Comparison.Entry dense = comparison.entries().get(0);
    // Larger networks use a processor better, so this is on the safe side.
    double secondsPerFlop = dense.microsecondsPerImage() * 1e-6 / dense.stepFlops();
    double seconds =
        secondsPerFlop * Costs.of(Network.of(PAPER)).flops() * CIFAR_PICTURES * PAPER_EPOCHS;
    out.println();
    out.println("files in " + context.folder().path() + ":");
    out.println("  summary.json         the table above");
    out.println(
        "  metrics.jsonl        every epoch and every mask distance, one JSON object a line");
    out.println("  mask-distance.png    the masks of all epochs, how far from each other");
    out.println(
        "  dense/, ticket-P/    record.txt, tickets (EB-P-N), pruned networks, checkpoints");
    out.println();
    out.println("what next:");
    next(
        out,
        "run --dataset cifar10 --depth 16",
        String.format(
            "the paper's VGG-16 on CIFAR-10 (downloads 170 MB if absent): at most %s a training"
                + " here",
            ConsoleProgress.duration(seconds)));
    next(
        out,
        "inspect FILE.pth.tar",
        "you have the original's checkpoints: what one holds; search, prune, retrain and evaluate"
            + " take it too");
    next(out, "verify --quick", "every kernel judged against the reference");
  }

  private static void next(PrintWriter out, String words, String what) {
    out.printf("  %s %-34s  %s%n", CommandWords.program(), words, what);
  }
}
