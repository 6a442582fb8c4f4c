package io.earlybird.tickets;

import io.earlybird.EarlybirdException;
import java.util.Arrays;

/**
 * The magnitude that separates pruned from kept channels: of all batch-norm scales' magnitudes,
 * sorted ascending, the element at {@code int(total * ratio)}. A channel is kept if its magnitude
 * is strictly greater, so without ties {@code total - index - 1} channels survive, and ratio 0
 * still removes one.
 *
 * @param ratio fraction to prune, in [0,1)
 * @param total number of channels
 * @param index {@code int(total * ratio)}, the product taken in double precision and cut
 * @param value the magnitude at that index
 */
public record ChannelThreshold(double ratio, int total, int index, float value) {
  /**
   * Finds the threshold.
   *
   * @param scales batch-norm scales of all layers, concatenated
   * @param ratio fraction to prune, in [0,1)
   * @throws EarlybirdException if the ratio is outside [0,1), there is no channel or a scale is NaN
   */
  public static ChannelThreshold of(float[] scales, double ratio) {
    checkRatio(ratio);
    if (scales.length == 0) {
      throw new EarlybirdException("pruning: expected batch-norm channels, the network has none");
    }
    float[] magnitudes = new float[scales.length];
    for (int i = 0; i < scales.length; i++) {
      if (Float.isNaN(scales[i])) {
        throw new EarlybirdException(
            "pruning: batch-norm scale " + i + " of " + scales.length + " is not a number");
      }
      magnitudes[i] = Math.abs(scales[i]);
    }
    Arrays.sort(magnitudes);
    int index = (int) (scales.length * ratio);
    return new ChannelThreshold(ratio, scales.length, index, magnitudes[index]);
  }

  /**
   * Checks a pruning ratio.
   *
   * @throws EarlybirdException if it is outside [0,1)
   */
  public static void checkRatio(double ratio) {
    if (!(ratio >= 0 && ratio < 1)) {
      throw new EarlybirdException("pruning ratio " + ratio + ": expected 0 <= ratio < 1");
    }
  }

  /** True if a channel with this scale is kept. */
  public boolean keeps(float scale) {
    return Math.abs(scale) > value;
  }
}
