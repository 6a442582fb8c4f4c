package io.earlybird.tickets;

import java.util.List;

/** Distance between channel masks: the normalised Hamming distance (paper, section 3.2). */
public final class MaskDistance {
  private MaskDistance() {}

  /**
   * The fraction of channels that only one of two masks keeps, in [0,1].
   *
   * @throws IllegalArgumentException if the masks belong to different networks
   */
  public static double between(ChannelMask a, ChannelMask b) {
    return (double) a.differences(b) / a.size();
  }

  /** The fraction of channels that two masks treat alike: 1 - distance. */
  public static double overlap(ChannelMask a, ChannelMask b) {
    return (double) (a.size() - a.differences(b)) / a.size();
  }

  /** {@code [n,n]} overlaps of every mask with every other; symmetric, ones on the diagonal. */
  public static double[][] overlapMatrix(List<ChannelMask> masks) {
    int n = masks.size();
    double[][] matrix = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        matrix[i][j] = overlap(masks.get(i), masks.get(j));
        matrix[j][i] = matrix[i][j];
      }
    }
    return matrix;
  }
}
