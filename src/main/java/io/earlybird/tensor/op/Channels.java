package io.earlybird.tensor.op;

import java.util.Arrays;

/** A list of channel numbers with value equality, ascending and without repeats. */
public final class Channels {
  private final int[] indices;

  private Channels(int[] indices) {
    this.indices = indices;
    for (int i = 0; i < indices.length; i++) {
      if (indices[i] < 0 || (i > 0 && indices[i] <= indices[i - 1])) {
        throw new IllegalArgumentException(
            "channels must ascend without repeats: " + Arrays.toString(indices));
      }
    }
  }

  /** The given channels. */
  public static Channels of(int... indices) {
    return new Channels(indices.clone());
  }

  /** Number of channels. */
  public int count() {
    return indices.length;
  }

  /** Channel number {@code i}. */
  public int get(int i) {
    return indices[i];
  }

  /** The numbers, as a copy. */
  public int[] toArray() {
    return indices.clone();
  }

  /** Whether every channel is below {@code extent}. */
  boolean fitInto(int extent) {
    return indices.length == 0 || indices[indices.length - 1] < extent;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Channels && Arrays.equals(indices, ((Channels) o).indices);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(indices);
  }

  @Override
  public String toString() {
    return indices.length <= 8
        ? Arrays.toString(indices)
        : "[" + indices[0] + ".." + indices[indices.length - 1] + ": " + indices.length + "]";
  }
}
