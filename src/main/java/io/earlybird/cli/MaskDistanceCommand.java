package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.Npy;
import io.earlybird.report.MaskDistanceMap;
import io.earlybird.tickets.EarlyBirdDetector;
import io.earlybird.training.FinishedSearch;
import io.earlybird.training.TicketSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The paper's heat map, and its matrices. */
@Command(
    name = "mask-distance",
    sortOptions = false,
    description = {
      "Compares the masks of all epochs of finished searches: overlap_P.npy for each ratio P, and"
          + " the paper's heat map as PNG and SVG.",
      "Epochs are counted as trained before the mask: 0 is the start, N + 1 the original's"
          + " ckptN.pth.tar."
    })
final class MaskDistanceCommand implements Callable<Integer> {
  /** Name of the picture's files. */
  private static final String PICTURE = "mask-distance";

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DIR",
      arity = "0..*",
      description =
          "Run folders, or folders with the original's checkpoints. Default: those of --save and"
              + " --save_1.")
  private List<Path> folders;

  @Mixin private DetectionOptions detection;

  @Option(
      names = "--limit",
      paramLabel = "D",
      defaultValue = "0.1",
      description = "Largest mask distance that passes. Default: ${DEFAULT-VALUE}.")
  private double limit;

  @Option(
      names = {"--start-epoch", "--start_epoch"},
      paramLabel = "N",
      description = "First epoch compared. Default: the first there is.")
  private Integer startEpoch;

  @Option(
      names = {"--end-epoch", "--end_epoch"},
      paramLabel = "N",
      description = "Last epoch compared. Default: the last there is.")
  private Integer endEpoch;

  @Option(
      names = "--show",
      paramLabel = "WHAT",
      defaultValue = "distance",
      description = "What the colour scale says: distance or overlap. Default: ${DEFAULT-VALUE}.")
  private MaskDistanceMap.Show show;

  @Option(
      names = "--save",
      paramLabel = "DIR",
      description =
          "Folder for the files; with several searches each has a folder in it."
              + " Default: the search's own folder.")
  private Path save;

  @Option(
      names = "--save_1",
      paramLabel = "DIR",
      description = "A second search's folder where none is named without an option.")
  private Path second;

  @Mixin private EnergyOptions meters;

  @Option(names = "--metrics", paramLabel = "FILE", description = EnergyOptions.METRICS)
  private Path metrics;

  @Override
  public Integer call() {
    TicketSettings wanted = detection.settings(limit);
    List<Path> folders = folders();
    if (save == null && folders.size() > 1) {
      throw new EarlybirdException("several searches need a folder for the picture: --save DIR");
    }
    try (CommandEnergy energy = new CommandEnergy("mask-distance", meters)) {
      List<FinishedSearch> searches =
          energy.loading(() -> folders.stream().map(FinishedSearch::read).toList());
      compare(folders, searches, wanted, energy);
      energy.tell(spec.commandLine().getOut(), metrics);
      return 0;
    }
  }

  private void compare(
      List<Path> folders,
      List<FinishedSearch> searches,
      TicketSettings wanted,
      CommandEnergy energy) {
    List<String> names = names(folders);
    Path target = save == null ? folders.get(0) : save;
    List<List<MaskDistanceMap.Panel>> rows = new ArrayList<>();
    List<List<double[][]>> overlaps = new ArrayList<>();
    for (FinishedSearch search : searches) {
      String name = searches.size() > 1 ? names.get(overlaps.size()) : "";
      energy.masks(
          window -> {
            overlaps.add(overlaps(search, wanted));
            long masks = overlaps.get(overlaps.size() - 1).get(0).length;
            window.add(search.work(masks, masks * (masks - 1) / 2).times(wanted.ratios().size()));
            return rows.add(row(search, name, wanted, overlaps));
          });
    }
    PrintWriter out = spec.commandLine().getOut();
    for (int i = 0; i < searches.size(); i++) {
      Path folder = folder(searches.size() > 1 ? target.resolve(names.get(i)) : target);
      write(folder, wanted, overlaps.get(i), out);
    }
    String title =
        show == MaskDistanceMap.Show.DISTANCE
            ? "mask distance between epochs"
            : "mask overlap between epochs";
    MaskDistanceMap.figure(title, rows, show).write(folder(target), PICTURE).forEach(out::println);
  }

  /** The searches: as the original, those of the options where no other is named. */
  private List<Path> folders() {
    if (folders != null) {
      return folders;
    }
    List<Path> named = Stream.of(save, second).filter(Objects::nonNull).distinct().toList();
    if (named.isEmpty()) {
      throw new EarlybirdException("mask-distance needs a search's folder: name it");
    }
    return named;
  }

  private int from(FinishedSearch search) {
    return startEpoch == null ? search.first() : startEpoch;
  }

  private List<double[][]> overlaps(FinishedSearch search, TicketSettings wanted) {
    int to = endEpoch == null ? search.last() : endEpoch;
    return wanted.ratios().stream().map(p -> search.overlap(p, from(search), to)).toList();
  }

  private List<MaskDistanceMap.Panel> row(
      FinishedSearch search,
      String name,
      TicketSettings wanted,
      List<List<double[][]>> overlapsOfAll) {
    List<double[][]> overlaps = overlapsOfAll.get(overlapsOfAll.size() - 1);
    List<MaskDistanceMap.Panel> row = new ArrayList<>();
    PrintWriter out = spec.commandLine().getOut();
    for (int i = 0; i < overlaps.size(); i++) {
      EarlyBirdDetector.Settings settings = wanted.detectors().get(i);
      OptionalInt drawn = search.drawnEpoch(settings);
      String title = (name.isEmpty() ? "" : name + ", ") + "p = " + settings.ratio();
      out.println(
          search.folder()
              + ": p = "
              + settings.ratio()
              + ": "
              + (drawn.isPresent()
                  ? "drawn at the start of epoch " + (drawn.getAsInt() + 1)
                  : "not drawn"));
      row.add(
          new MaskDistanceMap.Panel(
              title,
              FinishedSearch.distances(overlaps.get(i)),
              from(search),
              drawn.orElse(-1),
              settings.queue()));
    }
    return row;
  }

  private static void write(
      Path folder, TicketSettings wanted, List<double[][]> overlaps, PrintWriter out) {
    for (int i = 0; i < overlaps.size(); i++) {
      double[][] overlap = overlaps.get(i);
      double[] flat = Arrays.stream(overlap).flatMapToDouble(Arrays::stream).toArray();
      Path file = folder.resolve("overlap_" + wanted.ratios().get(i) + ".npy");
      Npy.of(flat, overlap.length, overlap.length).write(file);
      out.println(file);
    }
  }

  private static Path folder(Path path) {
    try {
      return Files.createDirectories(path);
    } catch (IOException e) {
      throw new EarlybirdException(path + ": cannot be created: " + e.getMessage(), e);
    }
  }

  /** A name for each folder, no two alike. */
  static List<String> names(List<Path> folders) {
    List<String> names = new ArrayList<>();
    for (Path folder : folders) {
      String last = folder.toAbsolutePath().normalize().getFileName().toString();
      String name = last;
      for (int i = 2; names.contains(name); i++) {
        name = last + "-" + i;
      }
      names.add(name);
    }
    return names;
  }
}
