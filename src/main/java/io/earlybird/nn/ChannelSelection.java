package io.earlybird.nn;

import io.earlybird.EarlybirdException;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Select;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Passes on some channels of a residual stream: {@code [N,H,W,C]} to {@code [N,H,W,K]}. Which ones
 * is part of the structure, not trained. In the state dict it is a vector {@code indexes [C]} of
 * zeros and ones.
 */
public final class ChannelSelection implements Layer {
  private static final String SUFFIX = ".indexes";

  private final String name;
  private final int extent;
  private final Channels kept;

  /**
   * A selection.
   *
   * @param extent number of channels that come in
   * @param kept the channels that go out, each below {@code extent}
   */
  public ChannelSelection(String name, int extent, Channels kept) {
    this.name = name;
    this.extent = extent;
    this.kept = kept;
    if (kept.count() == 0 || kept.get(kept.count() - 1) >= extent) {
      throw new IllegalArgumentException(
          name + ": expected 1 to " + extent + " channels below " + extent + ", got " + kept);
    }
  }

  /** All of {@code extent} channels. */
  public static Channels all(int extent) {
    return Channels.of(IntStream.range(0, extent).toArray());
  }

  /** So many of {@code extent} channels that lie evenly apart. */
  public static Channels evenly(int extent, int count) {
    return Channels.of(
        IntStream.range(0, count).map(i -> (int) ((long) i * extent / count)).toArray());
  }

  /**
   * The channels whose entry in a state dict's vector is not zero.
   *
   * @param name layer name, for the message
   * @throws EarlybirdException if the vector is not of length {@code extent} or holds anything but
   *     zeros and ones
   */
  public static Channels parse(String name, HostTensor indexes, int extent) {
    double[] values = indexes.doubles();
    for (double v : values) {
      if (v != 0 && v != 1) {
        throw new EarlybirdException(name + SUFFIX + ": expected zeros and ones, found " + v);
      }
    }
    if (indexes.shape().rank() != 1 || values.length != extent) {
      throw new EarlybirdException(
          name + SUFFIX + ": expected shape [" + extent + "], found " + indexes.shape());
    }
    return Channels.of(IntStream.range(0, extent).filter(i -> values[i] == 1).toArray());
  }

  /** The state-dict key of the selection with the given layer name. */
  public static String key(String name) {
    return name + SUFFIX;
  }

  /** Adds the layer to a graph; where every channel is kept, nothing is added. */
  public Tensor forward(Tensor x, ForwardPass pass) {
    if (kept.count() == extent && !pass.showsStructure()) {
      return x;
    }
    return x.applyNode(new Select(kept), name).output(0);
  }

  @Override
  public String name() {
    return name;
  }

  /** Number of channels that come in. */
  public int extent() {
    return extent;
  }

  /** The channels that go out. */
  public Channels kept() {
    return kept;
  }

  /** The state dict's vector. */
  public HostTensor indexes() {
    float[] values = new float[extent];
    for (int channel : kept.toArray()) {
      values[channel] = 1;
    }
    return HostTensor.of(values, extent);
  }

  @Override
  public List<StateEntry> state() {
    return List.of(new StateEntry.Fixed(key(name), indexes()));
  }

  @Override
  public Map<Variable, HostTensor> initialValues(long seed) {
    return Map.of();
  }
}
