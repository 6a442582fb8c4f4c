package io.earlybird.tickets;

import io.earlybird.EarlybirdException;
import java.util.Arrays;
import java.util.List;

/**
 * The mask that spares a tenth of every layer: channels above the layer's own sorted magnitude at
 * {@code int(size * 0.9)} are always kept (none in layers of ten or fewer, where that is the
 * largest), and the threshold for the others is taken from the channels below it, of all layers
 * together. As in the original, its index is {@code int(total * ratio)} of <em>all</em> channels,
 * so more than the ratio is pruned, and ratios that reach beyond the open channels are refused.
 */
final class ProtectiveMask {
  private static final double OPEN = 0.9;

  private ProtectiveMask() {}

  /**
   * The mask of a network.
   *
   * @param scales batch-norm scales, one array {@code [C]} per layer in the network's order
   * @param ratio fraction to prune over all layers together, in [0,1)
   * @throws EarlybirdException if the ratio is out of range or above what protection leaves open,
   *     there is no channel or a scale is NaN
   */
  static ChannelMask of(List<float[]> scales, double ratio) {
    int total = ChannelMask.of(scales, ratio).size();
    int[] sizes = scales.stream().mapToInt(s -> s.length).toArray();
    float[] limits = new float[sizes.length];
    float[] open = new float[total];
    int count = 0;
    for (int layer = 0; layer < sizes.length; layer++) {
      float[] sorted = magnitudes(scales.get(layer));
      Arrays.sort(sorted);
      limits[layer] = sorted[(int) (sorted.length * OPEN)];
      for (float magnitude : sorted) {
        if (magnitude < limits[layer]) {
          open[count++] = magnitude;
        }
      }
    }
    int index = (int) (total * ratio);
    if (index >= count) {
      throw new EarlybirdException(
          String.format(
              "protective pruning by %s: only %d of %d channels may be pruned;"
                  + " choose a ratio below %s, or '--by scale'",
              ratio, count, total, (double) count / total));
    }
    Arrays.sort(open, 0, count);
    return mask(scales, sizes, limits, open[index]);
  }

  private static ChannelMask mask(
      List<float[]> scales, int[] sizes, float[] limits, float threshold) {
    byte[] kept = new byte[Arrays.stream(sizes).sum()];
    int at = 0;
    for (int layer = 0; layer < sizes.length; layer++) {
      for (float magnitude : magnitudes(scales.get(layer))) {
        kept[at++] = (byte) (magnitude > Math.min(threshold, limits[layer]) ? 1 : 0);
      }
    }
    return ChannelMask.ofBytes(kept, sizes);
  }

  private static float[] magnitudes(float[] scales) {
    float[] magnitudes = new float[scales.length];
    for (int i = 0; i < scales.length; i++) {
      magnitudes[i] = Math.abs(scales[i]);
    }
    return magnitudes;
  }
}
