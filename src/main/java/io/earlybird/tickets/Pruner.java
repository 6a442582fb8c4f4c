package io.earlybird.tickets;

import io.earlybird.models.Network;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ChannelSelection;
import io.earlybird.nn.ForwardPass;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.op.Channels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A mask applied to one network: which channels every layer keeps, and how a state dict of the
 * network becomes one of the narrower network. The pruned network computes what the masked one
 * does, to rounding.
 *
 * <p>No layer ends up empty. Where everything passes through layers without survivors, their
 * strongest channel stays alive. On a branch beside a residual stream, and in a selection, the
 * first channel stays with scale and shift zero, as in the original.
 */
public final class Pruner {
  private final Network network;
  private final List<BatchNorm2d> norms;
  private final List<BitSet> alive = new ArrayList<>();
  private final List<BitSet> kept = new ArrayList<>();
  private final Map<ChannelGroups.Group, BitSet> keptOfGroup = new LinkedHashMap<>();
  private final Map<Integer, String> messages = new TreeMap<>();

  /**
   * Decides what stays.
   *
   * @param network the network to prune, possibly pruned before
   * @param state its state dict; the scales decide which channel is a layer's strongest
   * @param mask one bit per batch-norm channel
   * @throws IllegalArgumentException if mask and network do not fit
   * @throws io.earlybird.EarlybirdException if the state is not one of this network
   */
  public Pruner(Network network, Map<String, HostTensor> state, ChannelMask mask) {
    this.network = network;
    this.norms = network.batchNorms();
    int[] sizes = norms.stream().mapToInt(BatchNorm2d::channels).toArray();
    if (!Arrays.equals(sizes, mask.layerSizes())) {
      throw new IllegalArgumentException(mask + " does not fit " + network);
    }
    network.checkState(state);
    for (int i = 0; i < sizes.length; i++) {
      alive.add(bits(mask.keptInLayer(i)));
      kept.add(bits(mask.keptInLayer(i)));
    }
    Tensor x = Tensor.placeholder("x", network.inputSpec(1));
    Tensor output = network.forward(x, ForwardPass.structure());
    keepSignal(new SignalPath(output, norms), state);
    List<ChannelGroups.Group> groups = new ChannelGroups(output, norms).groups();
    groups.stream().filter(g -> g.choice() == null).forEach(g -> keptOfGroup.put(g, decide(g)));
    // A choice is one of channels that its source keeps.
    groups.stream().filter(g -> g.choice() != null).forEach(g -> keptOfGroup.put(g, choose(g)));
  }

  /**
   * Prunes a network: its masked state, cut.
   *
   * @param network the network, possibly pruned before
   * @param state its state dict
   * @param mask one bit per batch-norm channel
   */
  public static PruneResult prune(
      Network network, Map<String, HostTensor> state, ChannelMask mask) {
    Pruner pruner = new Pruner(network, state, mask);
    return pruner.cut(pruner.masked(state));
  }

  private static BitSet bits(int[] indices) {
    BitSet bits = new BitSet();
    for (int i : indices) {
      bits.set(i);
    }
    return bits;
  }

  private BitSet union(ChannelGroups.Alive channels, int width) {
    BitSet union = new BitSet();
    if (channels.all()) {
      union.set(0, width);
    }
    channels.norms().forEach(n -> union.or(alive.get(n)));
    return union;
  }

  /** Revives channels until the output depends on the input. */
  private void keepSignal(SignalPath path, Map<String, HostTensor> state) {
    List<Integer> blocked = path.blockedAt(n -> alive.get(n).isEmpty());
    while (!blocked.isEmpty()) {
      reviveStrongest(blocked, state);
      blocked = path.blockedAt(n -> alive.get(n).isEmpty());
    }
  }

  /** Revives the channel with the largest scale of some batch norms, the first of equals. */
  private void reviveStrongest(List<Integer> candidates, Map<String, HostTensor> state) {
    int norm = -1;
    int channel = -1;
    float largest = -1;
    for (int n : candidates) {
      float[] scales = state.get(norms.get(n).weight().name()).floats();
      for (int c = 0; c < scales.length; c++) {
        if (Math.abs(scales[c]) > largest) {
          largest = Math.abs(scales[c]);
          norm = n;
          channel = c;
        }
      }
    }
    alive.get(norm).set(channel);
    kept.get(norm).set(channel);
    say(Set.of(norm), "its strongest channel, " + channel + ", stays, since all passes through it");
  }

  private BitSet decide(ChannelGroups.Group group) {
    BitSet stays = union(group.read(), group.width());
    if (stays.isEmpty()) {
      stays.set(0);
      keepSilent(group.read().norms(), 0);
    }
    return stays;
  }

  private BitSet choose(ChannelGroups.Group group) {
    ChannelGroups.Choice choice = group.choice();
    BitSet source = keptOfGroup.get(choice.source().find());
    BitSet wanted = union(choice.alive(), choice.source().find().width());
    BitSet stays = new BitSet();
    for (int i = 0; i < group.width(); i++) {
      stays.set(i, wanted.get(choice.channels().get(i)));
    }
    if (stays.isEmpty()) {
      int first =
          IntStream.range(0, group.width())
              .filter(i -> source.get(choice.channels().get(i)))
              .findFirst()
              .orElse(0);
      stays.set(first);
      source.set(choice.channels().get(first));
      keepSilent(choice.alive().norms(), choice.channels().get(first));
    }
    return stays;
  }

  private void keepSilent(Set<Integer> layers, int channel) {
    layers.forEach(n -> kept.get(n).set(channel));
    say(layers, "channel " + channel + " stays with scale and shift 0");
  }

  private void say(Set<Integer> layers, String what) {
    List<String> names = layers.stream().map(n -> norms.get(n).name()).toList();
    String line = String.join(", ", names) + ": no channel survives the mask; " + what;
    messages.put(Collections.min(layers), line);
  }

  /**
   * The masked network's state: scales and shifts of dropped channels times zero, everything else
   * as it is.
   */
  public Map<String, HostTensor> masked(Map<String, HostTensor> state) {
    Map<String, HostTensor> out = new LinkedHashMap<>(state);
    for (int i = 0; i < norms.size(); i++) {
      BitSet alive = this.alive.get(i);
      out.computeIfPresent(norms.get(i).weight().name(), (k, v) -> masked(v, alive));
      out.computeIfPresent(norms.get(i).bias().name(), (k, v) -> masked(v, alive));
    }
    return out;
  }

  private static HostTensor masked(HostTensor vector, BitSet alive) {
    float[] values = vector.floats();
    for (int c = 0; c < values.length; c++) {
      // A product, so that a negative value becomes -0 as in the original.
      values[c] *= alive.get(c) ? 1f : 0f;
    }
    return HostTensor.of(values, values.length);
  }

  /**
   * Cuts the dropped channels out of a state dict of the network: weights, scales, shifts and
   * running statistics of the others keep their bits; selections keep what is left; batch counters
   * begin at 0. The state need not be the one that the mask came from.
   *
   * @throws io.earlybird.EarlybirdException if the state is not one of this network
   */
  public PruneResult cut(Map<String, HostTensor> state) {
    network.checkState(state);
    Map<String, HostTensor> out = new LinkedHashMap<>(state);
    keptOfGroup.forEach(
        (group, stays) -> {
          for (ChannelGroups.Binding b : group.bindings()) {
            out.computeIfPresent(
                b.variable().name(), (k, v) -> cut(v, b.dim(), stays, group.width()));
          }
          if (group.choice() != null) {
            out.put(ChannelSelection.key(group.choice().layer()), indexes(group, stays));
          }
        });
    norms.forEach(n -> out.put(n.batchesTracked().name(), HostTensor.scalar(0L)));
    return new PruneResult(
        network.withWidthsOf(out),
        Collections.unmodifiableMap(out),
        keptMask(),
        widths(),
        List.copyOf(messages.values()));
  }

  private static HostTensor cut(HostTensor t, int dim, BitSet stays, int width) {
    int extent = t.shape().dim(dim);
    int[] indices = IntStream.range(0, extent).filter(i -> stays.get(i % width)).toArray();
    return Slices.take(t, dim, indices);
  }

  /** The selection's vector over the channels that its source keeps. */
  private HostTensor indexes(ChannelGroups.Group group, BitSet stays) {
    ChannelGroups.Choice choice = group.choice();
    BitSet source = keptOfGroup.get(choice.source().find());
    int[] channels =
        stays.stream().map(i -> source.get(0, choice.channels().get(i)).cardinality()).toArray();
    return new ChannelSelection(choice.layer(), source.cardinality(), Channels.of(channels))
        .indexes();
  }

  /** The mask with the channels that stay so that no layer is empty. */
  private ChannelMask keptMask() {
    int[] sizes = norms.stream().mapToInt(BatchNorm2d::channels).toArray();
    byte[] bytes = new byte[Arrays.stream(sizes).sum()];
    int offset = 0;
    for (int i = 0; i < sizes.length; i++) {
      int from = offset;
      kept.get(i).stream().forEach(c -> bytes[from + c] = 1);
      offset += sizes[i];
    }
    return ChannelMask.ofBytes(bytes, sizes);
  }

  private List<PruneResult.LayerWidth> widths() {
    List<PruneResult.LayerWidth> widths = new ArrayList<>();
    for (int i = 0; i < norms.size(); i++) {
      widths.add(
          new PruneResult.LayerWidth(
              norms.get(i).name(), norms.get(i).channels(), kept.get(i).cardinality()));
    }
    return List.copyOf(widths);
  }
}
