package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.plan.Work;
import io.earlybird.report.Chart;
import io.earlybird.report.Figure;
import io.earlybird.tickets.EarlyBirdDetector;
import io.earlybird.training.FinishedSearch;
import io.earlybird.training.TicketSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Detection replayed over finished searches. */
@Command(
    name = "detect",
    sortOptions = false,
    description =
        "Replays the detection of tickets over finished searches, without training: at the start of"
            + " which epoch each ratio's ticket would be drawn, for several limits at once.")
final class DetectCommand implements Callable<Integer> {
  /** Name of the picture's files. */
  private static final String PICTURE = "detect";

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DIR",
      arity = "1..*",
      description = "Run folders, or folders with the original's checkpoints.")
  private List<Path> folders;

  @Mixin private DetectionOptions detection;

  @Option(
      names = "--limit",
      paramLabel = "D",
      split = ",",
      defaultValue = "0.01,0.02,0.03,0.05,0.07,0.1,0.15,0.2,0.3",
      description = "Largest mask distances that pass. Default: ${DEFAULT-VALUE}.")
  private List<Double> limits;

  @Option(
      names = "--save",
      paramLabel = "DIR",
      description = "Also draw the drawing epoch against the limit, as PNG and SVG, into DIR.")
  private Path save;

  @Mixin private EnergyOptions meters;

  @Option(names = "--metrics", paramLabel = "FILE", description = EnergyOptions.METRICS)
  private Path metrics;

  @Override
  public Integer call() {
    List<TicketSettings> settings = limits.stream().sorted().map(detection::settings).toList();
    try (CommandEnergy energy = new CommandEnergy("detect", meters)) {
      List<FinishedSearch> searches =
          energy.loading(() -> folders.stream().map(FinishedSearch::read).toList());
      detect(searches, settings, energy);
      energy.tell(spec.commandLine().getOut(), metrics);
      return 0;
    }
  }

  private void detect(
      List<FinishedSearch> searches, List<TicketSettings> settings, CommandEnergy energy) {
    List<String> names = MaskDistanceCommand.names(folders);
    PrintWriter out = spec.commandLine().getOut();
    List<Chart.Series> curves = new ArrayList<>();
    for (int i = 0; i < searches.size(); i++) {
      FinishedSearch search = searches.get(i);
      out.printf(
          "%s: epoch at whose start the ticket is drawn, masks after %d to %d epochs%n",
          search.folder(), search.first(), search.last());
      double[][] drawn =
          energy.masks(
              window -> {
                window.add(work(search, settings));
                return table(search, settings, out);
              });
      String name = searches.size() > 1 ? names.get(i) + ", " : "";
      List<Double> ratios = settings.get(0).ratios();
      for (int r = 0; r < ratios.size(); r++) {
        double[] x = settings.stream().mapToDouble(TicketSettings::limit).toArray();
        curves.add(Chart.Series.curve(name + "p = " + ratios.get(r), x, drawn[r], curves.size()));
      }
    }
    if (save != null) {
      draw(curves).forEach(out::println);
    }
  }

  /** Every detection takes the masks of all epochs, and compares each with those in its queue. */
  private static Work work(FinishedSearch search, List<TicketSettings> settings) {
    long masks = search.last() - search.first() + 1;
    return Work.sum(
        settings.stream()
            .flatMap(s -> s.detectors().stream())
            .map(d -> search.work(masks, masks * (d.queue() - 1)))
            .toList());
  }

  /** Prints a line per limit; gives the drawing epochs {@code [ratios][limits]}, NaN for none. */
  private static double[][] table(
      FinishedSearch search, List<TicketSettings> settings, PrintWriter out) {
    List<Double> ratios = settings.get(0).ratios();
    StringBuilder head = new StringBuilder(String.format("%10s", "limit"));
    ratios.forEach(p -> head.append(String.format("%10s", "p = " + p)));
    out.println(head);
    double[][] drawn = new double[ratios.size()][settings.size()];
    for (int l = 0; l < settings.size(); l++) {
      StringBuilder line =
          new StringBuilder(String.format(Locale.ROOT, "%10s", settings.get(l).limit()));
      List<EarlyBirdDetector.Settings> detectors = settings.get(l).detectors();
      for (int r = 0; r < ratios.size(); r++) {
        OptionalInt epoch = search.drawnEpoch(detectors.get(r));
        drawn[r][l] = epoch.isPresent() ? epoch.getAsInt() + 1 : Double.NaN;
        line.append(String.format("%10s", epoch.isPresent() ? epoch.getAsInt() + 1 : "-"));
      }
      out.println(line);
    }
    return drawn;
  }

  private List<Path> draw(List<Chart.Series> curves) {
    Figure figure =
        Chart.figure(
            "drawing epoch by limit of the mask distance",
            "limit",
            "drawn at the start of epoch",
            true,
            curves);
    try {
      Files.createDirectories(save);
    } catch (IOException e) {
      throw new EarlybirdException(save + ": cannot be created: " + e.getMessage(), e);
    }
    return figure.write(save, PICTURE);
  }
}
