package io.earlybird.training;

import io.earlybird.report.Figure;
import io.earlybird.report.MaskDistanceMap;
import io.earlybird.tickets.EarlyBirdDetector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The picture of a search (paper, figure 3): how far the masks of all epochs are from each other.
 */
public final class SearchPictures {
  /** Name of the picture in a run folder, without {@code .png} and {@code .svg}. */
  public static final String NAME = "mask-distance";

  private SearchPictures() {}

  /** Whether a run's folder holds the masks of a search. */
  static boolean exists(Path run) {
    return Stream.of(run, run.resolve(Pipeline.DENSE))
        .anyMatch(f -> Files.exists(f.resolve(ScaleHistory.FILE)));
  }

  /** Draws the distances between the masks of all epochs, a square for each wanted ratio. */
  static Figure figure(Path run, TicketSettings wanted) {
    FinishedSearch search = FinishedSearch.read(run);
    List<MaskDistanceMap.Panel> panels = new ArrayList<>();
    for (EarlyBirdDetector.Settings settings : wanted.detectors()) {
      double[][] overlap = search.overlap(settings.ratio(), search.first(), search.last());
      panels.add(
          new MaskDistanceMap.Panel(
              "p = " + settings.ratio(),
              FinishedSearch.distances(overlap),
              search.first(),
              search.drawnEpoch(settings).orElse(-1),
              settings.queue()));
    }
    return MaskDistanceMap.figure("mask distance between epochs", panels);
  }

  /** Draws the picture into the run's folder, as PNG and SVG. */
  public static void write(Path run, TicketSettings wanted) {
    figure(run, wanted).write(run, NAME);
  }
}
