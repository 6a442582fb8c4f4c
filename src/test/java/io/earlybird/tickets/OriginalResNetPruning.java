package io.earlybird.tickets;

import io.earlybird.tensor.HostTensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What the original's program makes of a ResNet-18: it masks all batch norms, and counts all but
 * the downsampling ones among its widths; each block selects by the mask before it alone, so that
 * the result is another function than the masked network.
 */
public final class OriginalResNetPruning {
  private OriginalResNetPruning() {}

  /** The batch norms whose masks and widths it keeps, in order. */
  public static List<String> counted(List<String> norms) {
    return norms.stream().filter(n -> !n.contains("downsample")).toList();
  }

  /**
   * The pruned network's state dict.
   *
   * @param state the dense network's
   * @param norms the names of all its batch norms
   * @param alive per batch norm, the channels above the threshold
   */
  public static Map<String, HostTensor> prune(
      Map<String, HostTensor> state, List<String> norms, List<int[]> alive) {
    Map<String, HostTensor> out = new LinkedHashMap<>(state);
    List<String> counted = counted(norms);
    for (int k = 0; k < norms.size(); k++) {
      int[] channels = alive.get(k);
      for (String vector : List.of(".weight", ".bias")) {
        out.computeIfPresent(norms.get(k) + vector, (n, v) -> masked(v, channels));
      }
    }
    List<int[]> kept = counted.stream().map(n -> notEmpty(alive.get(norms.indexOf(n)))).toList();
    norms.forEach(n -> out.put(n + ".num_batches_tracked", HostTensor.scalar(0L)));
    for (int k = 0; k + 1 < counted.size(); k += 2) {
      // The norm before the block, then the block's first one.
      int[] selected = kept.get(k);
      int[] first = kept.get(k + 1);
      String norm = counted.get(k + 1);
      String block = norm.substring(0, norm.lastIndexOf('.') + 1);
      out.computeIfPresent(block + "select.indexes", (n, v) -> ones(v, selected));
      out.computeIfPresent(
          block + "conv1.weight", (n, v) -> Slices.take(Slices.take(v, 1, selected), 0, first));
      out.computeIfPresent(block + "conv2.weight", (n, v) -> Slices.take(v, 1, first));
      for (String vector : List.of("weight", "bias", "running_mean", "running_var")) {
        out.computeIfPresent(block + "bn1." + vector, (n, v) -> Slices.take(v, 0, first));
      }
    }
    return out;
  }

  /** The program's widths: one per counted batch norm. */
  public static List<Object> cfg(List<int[]> alive) {
    List<Object> cfg = new ArrayList<>();
    alive.forEach(a -> cfg.add(notEmpty(a).length));
    return cfg;
  }

  /** A layer without survivors keeps channel 0. */
  static int[] notEmpty(int[] channels) {
    return channels.length == 0 ? new int[] {0} : channels;
  }

  private static HostTensor masked(HostTensor vector, int[] kept) {
    float[] values = vector.floats();
    for (int c = 0; c < values.length; c++) {
      int channel = c;
      values[c] *= IntStream.of(kept).anyMatch(k -> k == channel) ? 1f : 0f;
    }
    return HostTensor.of(values, values.length);
  }

  private static HostTensor ones(HostTensor vector, int[] kept) {
    float[] values = new float[vector.shape().dim(0)];
    for (int channel : kept) {
      values[channel] = 1;
    }
    return HostTensor.of(values, values.length);
  }
}
