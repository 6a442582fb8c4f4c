package io.earlybird.nn;

/**
 * Channels that a layer reads or makes, and for how many of them its tensors have room. Weights,
 * scales and shifts behind the end begin as zeros and stay so in training: what they make is zero,
 * and so are their gradients, their momenta, and what decay and L1 term take from them. A device
 * that multiplies whole groups of channels then computes a network of any widths at full speed.
 *
 * @param channels channels that there are
 * @param room at least as many
 */
public record Width(int channels, int room) {
  /** Checks that there is room. */
  public Width {
    if (channels < 0 || room < channels) {
      throw new IllegalArgumentException("no room for " + channels + " channels in " + room);
    }
  }

  /** Room for these channels alone. */
  public static Width of(int channels) {
    return new Width(channels, channels);
  }

  /** Room for the next multiple of some number of channels. */
  public static Width inGroups(int channels, int group) {
    return new Width(channels, (channels + group - 1) / group * group);
  }
}
