package io.earlybird.training;

import io.earlybird.models.Network;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.report.MaskDistanceMap;
import io.earlybird.tickets.ChannelMask;
import io.earlybird.tickets.ChannelThreshold;
import io.earlybird.tickets.MaskDistance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The picture of a search (paper, figure 3): how far the masks of all epochs are from each other.
 */
public final class SearchPictures {
  /** Name of the picture in a run folder, without {@code .png} and {@code .svg}. */
  public static final String NAME = "mask-distance";

  private SearchPictures() {}

  /** Draws the distances between the masks of all epochs, a square for each wanted ratio. */
  public static void write(
      Path folder, ScaleHistory history, List<Ticket> tickets, RunContext context) {
    int[] layers =
        Network.of(context.networkSpec()).batchNorms().stream()
            .mapToInt(BatchNorm2d::channels)
            .toArray();
    TicketSettings wanted = context.settings().tickets();
    List<MaskDistanceMap.Panel> panels = new ArrayList<>();
    for (double ratio : wanted.ratios()) {
      int drawn =
          tickets.stream()
              .filter(t -> t.ratio() == ratio && t.drawn())
              .mapToInt(Ticket::epoch)
              .findFirst()
              .orElse(-1);
      panels.add(
          new MaskDistanceMap.Panel(
              "p = " + ratio, distances(history, layers, ratio), 0, drawn, wanted.queue()));
    }
    MaskDistanceMap.figure("mask distance between epochs", panels).write(folder, NAME);
  }

  private static double[][] distances(ScaleHistory history, int[] layers, double ratio) {
    int n = history.epochs();
    List<ChannelMask> masks = new ArrayList<>();
    for (int e = 0; e < n; e++) {
      float[] scales = history.at(e);
      masks.add(ChannelMask.of(scales, layers, ChannelThreshold.of(scales, ratio)));
    }
    double[][] out = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        out[i][j] = MaskDistance.between(masks.get(i), masks.get(j));
      }
    }
    return out;
  }
}
