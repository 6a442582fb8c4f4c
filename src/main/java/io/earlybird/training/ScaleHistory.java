package io.earlybird.training;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.Npy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The batch-norm scales at the start of every epoch of a search, in {@code scales.npy} ({@code
 * [epochs, channels]} of F32, the layers in the network's order): enough for the masks and
 * distances of any ratio, at a thousandth of the checkpoints' size.
 */
public final class ScaleHistory {
  /** Name of the file in a run folder. */
  public static final String FILE = "scales.npy";

  private final Path file;
  private final List<float[]> rows = new ArrayList<>();

  private ScaleHistory(Path file) {
    this.file = file;
  }

  /** An empty history; the file is written with the first epoch. */
  static ScaleHistory create(Path folder) {
    return new ScaleHistory(folder.resolve(FILE));
  }

  /**
   * A history that begins with what another program recorded; epochs of which nothing is known have
   * scales of zero.
   *
   * @param scales by epoch index, one array {@code [C]} per batch norm
   * @param epochs how many come before
   * @param like scales of the network, for their number
   */
  static ScaleHistory after(
      Path folder, Map<Integer, List<float[]>> scales, int epochs, List<float[]> like) {
    ScaleHistory history = create(folder);
    List<float[]> unknown = like.stream().map(layer -> new float[layer.length]).toList();
    for (int e = 0; e < epochs; e++) {
      history.append(scales.getOrDefault(e, unknown));
    }
    if (epochs > 0) {
      history.write();
    }
    return history;
  }

  /**
   * Reads a history.
   *
   * @param epochs number of epochs wanted; later ones are forgotten; -1 for all
   * @throws EarlybirdException if the file holds fewer, or something else
   */
  public static ScaleHistory read(Path folder, int epochs) {
    ScaleHistory history = create(folder);
    if (epochs == 0 || (epochs < 0 && !Files.exists(history.file))) {
      return history;
    }
    Npy npy = Npy.read(history.file);
    int[] shape = npy.shape();
    if (shape.length != 2 || shape[0] < epochs) {
      throw new EarlybirdException(
          history.file
              + ": expected the scales of "
              + epochs
              + " epochs, found shape "
              + Arrays.toString(shape));
    }
    float[] all = npy.floats();
    int wanted = epochs < 0 ? shape[0] : epochs;
    for (int i = 0; i < wanted; i++) {
      history.rows.add(Arrays.copyOfRange(all, i * shape[1], (i + 1) * shape[1]));
    }
    return history;
  }

  /**
   * Adds the scales at the start of the next epoch and writes the file atomically.
   *
   * @param scales one array {@code [C]} per batch norm in the network's order
   */
  void add(List<float[]> scales) {
    append(scales);
    write();
  }

  private void append(List<float[]> scales) {
    int channels = scales.stream().mapToInt(s -> s.length).sum();
    float[] row = new float[channels];
    int at = 0;
    for (float[] layer : scales) {
      System.arraycopy(layer, 0, row, at, layer.length);
      at += layer.length;
    }
    rows.add(row);
  }

  private void write() {
    int channels = rows.get(0).length;
    float[] all = new float[rows.size() * channels];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, all, i * channels, channels);
    }
    Npy.of(all, rows.size(), channels).write(file);
  }

  /** Number of epochs. */
  public int epochs() {
    return rows.size();
  }

  /** The scales at the start of an epoch, all layers concatenated; shared, not to be written. */
  public float[] at(int epoch) {
    return rows.get(epoch);
  }
}
