package io.earlybird.tickets;

import io.earlybird.EarlybirdException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Which channels of a network's batch-norm layers are kept: one bit per channel, the layers
 * concatenated in the network's order (paper, section 3.1; {@link ChannelThreshold} has the rule).
 * Immutable.
 */
public final class ChannelMask {
  private final int[] layerSizes;
  private final int size;
  private final BitSet bits;

  private ChannelMask(int[] layerSizes, BitSet bits) {
    this.layerSizes = layerSizes;
    this.size = Arrays.stream(layerSizes).sum();
    this.bits = bits;
  }

  /**
   * The mask of a network.
   *
   * @param scales batch-norm scales, one array {@code [C]} per layer in the network's order
   * @param ratio fraction to prune over all layers together, in [0,1)
   * @throws EarlybirdException if the ratio is outside [0,1), there is no channel or a scale is NaN
   */
  public static ChannelMask of(List<float[]> scales, double ratio) {
    int[] layerSizes = scales.stream().mapToInt(s -> s.length).toArray();
    float[] all = new float[Arrays.stream(layerSizes).sum()];
    int at = 0;
    for (float[] layer : scales) {
      System.arraycopy(layer, 0, all, at, layer.length);
      at += layer.length;
    }
    return of(all, layerSizes, ChannelThreshold.of(all, ratio));
  }

  /**
   * The mask for a given threshold.
   *
   * @param scales batch-norm scales of all layers, concatenated
   * @param layerSizes channels per layer; their sum is {@code scales.length}
   */
  public static ChannelMask of(float[] scales, int[] layerSizes, ChannelThreshold threshold) {
    BitSet bits = new BitSet(scales.length);
    for (int i = 0; i < scales.length; i++) {
      bits.set(i, threshold.keeps(scales[i]));
    }
    return new ChannelMask(checkedSizes(layerSizes, scales.length), bits);
  }

  /**
   * A mask from one byte per channel, as {@link #bytes} gives.
   *
   * @throws EarlybirdException if a byte is neither 0 nor 1 or the sizes don't add up
   */
  public static ChannelMask ofBytes(byte[] bytes, int[] layerSizes) {
    BitSet bits = new BitSet(bytes.length);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != 0 && bytes[i] != 1) {
        throw new EarlybirdException(
            "channel mask: expected 0 or 1 for channel " + i + ", found " + bytes[i]);
      }
      bits.set(i, bytes[i] == 1);
    }
    return new ChannelMask(checkedSizes(layerSizes, bytes.length), bits);
  }

  /** Number of channels, kept or not. */
  public int size() {
    return size;
  }

  /** Number of kept channels. */
  public int kept() {
    return bits.cardinality();
  }

  /** True if channel {@code i} of the concatenation is kept. */
  public boolean keeps(int i) {
    if (i < 0 || i >= size) {
      throw new IndexOutOfBoundsException("channel " + i + " of " + size);
    }
    return bits.get(i);
  }

  /** Number of layers. */
  public int layers() {
    return layerSizes.length;
  }

  /** Channels per layer, kept or not. */
  public int[] layerSizes() {
    return layerSizes.clone();
  }

  /** The bits {@code [C]} of one layer. */
  public boolean[] layer(int layer) {
    boolean[] kept = new boolean[layerSizes[layer]];
    int from = offset(layer);
    for (int i = 0; i < kept.length; i++) {
      kept[i] = bits.get(from + i);
    }
    return kept;
  }

  /** Ascending positions of the kept channels within one layer. */
  public int[] keptInLayer(int layer) {
    int from = offset(layer);
    return bits.get(from, from + layerSizes[layer]).stream().toArray();
  }

  /** One byte per channel, 1 if kept. */
  public byte[] bytes() {
    byte[] bytes = new byte[size];
    bits.stream().forEach(i -> bytes[i] = 1);
    return bytes;
  }

  /** Number of channels that only one of the two masks keeps. */
  int differences(ChannelMask other) {
    if (!Arrays.equals(layerSizes, other.layerSizes)) {
      throw new IllegalArgumentException(
          "masks of different networks: layers "
              + Arrays.toString(layerSizes)
              + " and "
              + Arrays.toString(other.layerSizes));
    }
    BitSet different = (BitSet) bits.clone();
    different.xor(other.bits);
    return different.cardinality();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof ChannelMask other
        && Arrays.equals(layerSizes, other.layerSizes)
        && bits.equals(other.bits);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(layerSizes) + bits.hashCode();
  }

  @Override
  public String toString() {
    return "mask keeping " + kept() + " of " + size + " channels in " + layers() + " layers";
  }

  private int offset(int layer) {
    int offset = 0;
    for (int i = 0; i < layer; i++) {
      offset += layerSizes[i];
    }
    return offset;
  }

  private static int[] checkedSizes(int[] layerSizes, int size) {
    if (Arrays.stream(layerSizes).anyMatch(s -> s < 0)
        || Arrays.stream(layerSizes).asLongStream().sum() != size) {
      throw new EarlybirdException(
          "channel mask: expected layers "
              + Arrays.toString(layerSizes)
              + " to hold "
              + size
              + " channels");
    }
    return layerSizes.clone();
  }
}
