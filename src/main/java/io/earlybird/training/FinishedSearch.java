package io.earlybird.training;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.checkpoint.pth.OriginalCheckpoint;
import io.earlybird.plan.Work;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tickets.ChannelMask;
import io.earlybird.tickets.ChannelThreshold;
import io.earlybird.tickets.EarlyBirdDetector;
import io.earlybird.tickets.MaskDistance;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The batch-norm scales of a search by epochs trained, read from what the search left: a run folder
 * of ours, or the original's checkpoints ({@code init.pth.tar} for no epoch trained, {@code
 * ckptN.pth.tar} for N + 1). Immutable.
 */
public final class FinishedSearch {
  private static final String INIT = "init.pth.tar";
  private static final String MEAN = ".running_mean";

  private final Path folder;
  private final int first;
  private final List<float[]> scales;
  private final int seen;

  private FinishedSearch(Path folder, int first, List<float[]> scales, int seen) {
    this.folder = folder;
    this.first = first;
    this.scales = List.copyOf(scales);
    this.seen = seen;
  }

  /**
   * Reads a search.
   *
   * @param folder of a run, or with the original's checkpoints
   * @throws EarlybirdException if it is neither, or a file is damaged or of another network
   */
  public static FinishedSearch read(Path folder) {
    for (Path place : List.of(folder, folder.resolve(Pipeline.DENSE))) {
      if (Files.exists(place.resolve(ScaleHistory.FILE))) {
        return ofRun(folder, place);
      }
    }
    if (Files.exists(original(folder, 0)) || Files.exists(original(folder, 1))) {
      return ofOriginal(folder);
    }
    throw new EarlybirdException(
        folder
            + ": expected a search's folder with "
            + ScaleHistory.FILE
            + ", or the original's checkpoints from "
            + original(folder, 1).getFileName()
            + " on");
  }

  private static FinishedSearch ofRun(Path folder, Path place) {
    ScaleHistory history = ScaleHistory.read(place, -1);
    List<float[]> scales = new ArrayList<>();
    for (int e = 0; e < history.epochs(); e++) {
      scales.add(history.at(e));
    }
    int seen = scales.size();
    Path newest = place.resolve(CheckpointStore.NEWEST);
    if (Files.exists(newest) && Checkpoint.readInfo(newest).epoch() == seen) {
      scales.add(scales(Checkpoint.read(newest).tensors()));
    }
    return checked(new FinishedSearch(folder, 0, scales, seen));
  }

  private static FinishedSearch ofOriginal(Path folder) {
    int first = Files.exists(original(folder, 0)) ? 0 : 1;
    List<float[]> scales = new ArrayList<>();
    for (int t = first; Files.exists(original(folder, t)); t++) {
      scales.add(scales(OriginalCheckpoint.read(original(folder, t)).state()));
    }
    return checked(new FinishedSearch(folder, first, scales, scales.size()));
  }

  private static FinishedSearch checked(FinishedSearch search) {
    for (int i = 0; i < search.scales.size(); i++) {
      int channels = search.scales.get(i).length;
      int expected = search.scales.get(0).length;
      if (channels != expected || channels == 0) {
        throw new EarlybirdException(
            String.format(
                "%s: expected %d batch-norm channels after %d epochs, found %d",
                search.folder, expected, search.first + i, channels));
      }
    }
    return search;
  }

  /** The original's file with the network after so many epochs. */
  private static Path original(Path folder, int trained) {
    return folder.resolve(trained == 0 ? INIT : "ckpt" + (trained - 1) + ".pth.tar");
  }

  /** The scales of every batch norm of a state dict, in its order, which is the network's. */
  private static float[] scales(Map<String, HostTensor> state) {
    List<float[]> layers = new ArrayList<>();
    state.forEach(
        (key, value) -> {
          if (key.endsWith(MEAN)) {
            String weight = key.substring(0, key.length() - MEAN.length()) + ".weight";
            if (state.containsKey(weight)) {
              layers.add(state.get(weight).floats());
            }
          }
        });
    float[] all = new float[layers.stream().mapToInt(l -> l.length).sum()];
    int at = 0;
    for (float[] layer : layers) {
      System.arraycopy(layer, 0, all, at, layer.length);
      at += layer.length;
    }
    return all;
  }

  /** Where it was read from. */
  public Path folder() {
    return folder;
  }

  /** Fewest epochs trained of which the scales are known. */
  public int first() {
    return first;
  }

  /** Most epochs trained of which the scales are known. */
  public int last() {
    return first + scales.size() - 1;
  }

  /**
   * The masks of a ratio.
   *
   * @param ratio fraction of channels to prune
   * @param from epochs trained before the first mask
   * @param to epochs trained before the last mask
   * @throws EarlybirdException if not all of them are known, or the ratio is out of range
   */
  public List<ChannelMask> masks(double ratio, int from, int to) {
    if (from > to || from < first || to > last()) {
      throw new EarlybirdException(
          String.format(
              "%s: expected a range of epochs within %d to %d, not %d to %d",
              folder, first, last(), from, to));
    }
    List<ChannelMask> masks = new ArrayList<>();
    for (float[] row : scales.subList(from - first, to - first + 1)) {
      int[] oneLayer = {row.length};
      masks.add(ChannelMask.of(row, oneLayer, ChannelThreshold.of(row, ratio)));
    }
    return masks;
  }

  /**
   * {@code [n,n]} fractions of channels that the masks of two epochs treat alike; arguments as for
   * {@link #masks}.
   */
  public double[][] overlap(double ratio, int from, int to) {
    return MaskDistance.overlapMatrix(masks(ratio, from, to));
  }

  /**
   * Operations and bytes of so many masks of one ratio, and of comparing some of them with each
   * other: magnitudes are sorted and compared with the threshold, then masks with masks.
   *
   * @param masks looked at
   * @param comparisons of two masks
   */
  public Work work(long masks, long comparisons) {
    long n = scales.get(0).length;
    long sorting = n * (64 - Long.numberOfLeadingZeros(n));
    long operations = masks * (sorting + n) + comparisons * n;
    return Work.of(Work.Part.MASK_DISTANCE, DType.F32, operations, 4 * n * masks, n * masks);
  }

  /** {@code 1 - overlap}, computed as such so that equal masks have distance 0. */
  public static double[][] distances(double[][] overlap) {
    return Arrays.stream(overlap)
        .map(row -> Arrays.stream(row).map(o -> 1 - o).toArray())
        .toArray(double[][]::new);
  }

  /**
   * Replays detection: index of the epoch at whose start the ticket would be drawn; the mask after
   * the last epoch is not looked at.
   *
   * @throws EarlybirdException if a setting is out of its range
   */
  public OptionalInt drawnEpoch(EarlyBirdDetector.Settings settings) {
    EarlyBirdDetector detector = new EarlyBirdDetector(settings);
    int epoch = first;
    for (ChannelMask mask : masks(settings.ratio(), first, first + seen - 1)) {
      detector.observe(epoch++, mask);
    }
    return detector.drawnEpoch();
  }
}
