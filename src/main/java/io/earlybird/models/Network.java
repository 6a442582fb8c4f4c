package io.earlybird.models;

import io.earlybird.EarlybirdException;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ChannelSelection;
import io.earlybird.nn.ForwardPass;
import io.earlybird.nn.Layer;
import io.earlybird.nn.StateEntry;
import io.earlybird.nn.Width;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Relu;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * A network: layers with state, and a function that adds them to a graph. State dicts are ordered
 * maps from the layers' keys to host tensors. Those that go by a name are {@link StandardNetwork}s;
 * a network of one's own extends this class, is trained by {@code training.Trainer} and pruned by
 * {@code tickets.Pruner}.
 */
public abstract class Network {
  private static final String EVENLY = "any channels";

  private final int inputSize;
  private final int group;
  private final Map<String, HostTensor> given;
  private final Variable batchNormMomentum = BatchNorm2d.momentumVariable();
  private final List<Layer> layers = new ArrayList<>();

  /**
   * A network without layers, which {@link #add}, {@link #batchNorm} and {@link #selection} give
   * it.
   *
   * @param inputSize rows and columns of the pictures, which have 3 channels
   * @param given may hold selection vectors
   */
  protected Network(int inputSize, Map<String, HostTensor> given) {
    this(inputSize, given, 1);
  }

  /**
   * A network without layers.
   *
   * @param group number of channels of which {@link #width} makes room for a multiple
   */
  Network(int inputSize, Map<String, HostTensor> given, int group) {
    this.inputSize = inputSize;
    this.group = group;
    this.given = given;
  }

  /**
   * Builds a network whose selections keep every channel.
   *
   * @throws EarlybirdException if its widths want a choice of channels
   */
  public static StandardNetwork of(NetworkSpec spec) {
    return of(spec, Map.of());
  }

  /**
   * Builds a network whose selections keep the channels that a state dict's {@code indexes} vectors
   * say; where there is none, a selection keeps every channel. Other entries are not looked at.
   *
   * @throws EarlybirdException if a vector does not fit the widths
   */
  public static StandardNetwork of(NetworkSpec spec, Map<String, HostTensor> state) {
    return of(spec, state, 1);
  }

  static StandardNetwork of(NetworkSpec spec, Map<String, HostTensor> state, int group) {
    return Architecture.of(spec.arch()).family().build(spec, state, group);
  }

  /**
   * Builds a network of widths alone: which channels its selections keep does not matter, so they
   * lie evenly apart. For what only depends on shapes, such as time.
   */
  public static StandardNetwork ofWidths(NetworkSpec spec) {
    return of(spec, Map.of(EVENLY, HostTensor.scalar(1)));
  }

  /** Registers a layer; the order is that of the state dict. */
  protected final <L extends Layer> L add(L layer) {
    layers.add(layer);
    return layer;
  }

  /**
   * Registers a batch norm.
   *
   * @param name stable name, which prefixes those of its state
   * @param initialScale every scale's first value
   */
  protected final BatchNorm2d batchNorm(String name, int channels, float initialScale) {
    return batchNorm(name, Width.of(channels), initialScale);
  }

  /** The same with room for more channels. */
  protected final BatchNorm2d batchNorm(String name, Width width, float initialScale) {
    return add(new BatchNorm2d(name, width, initialScale, batchNormMomentum));
  }

  /** So many channels, with room for a multiple of {@link #group()}. */
  final Width width(int channels) {
    return Width.inGroups(channels, group);
  }

  /**
   * What a selection of so many of a stream's channels passes on: all there is room for, or them.
   */
  final Width selected(int stream, int channels) {
    return channels == stream ? width(stream) : Width.of(channels);
  }

  /** The number of channels of which tensors have room for multiples; 1 in most networks. */
  public final int group() {
    return group;
  }

  /**
   * The same network with room for multiples of some number of channels wherever it makes them
   * itself; its state dict is the same. Networks of one's own stay as they are.
   *
   * @param channels the number, see {@link Width}; 1 changes nothing
   */
  public Network inGroupsOf(int channels) {
    return this;
  }

  /**
   * Registers a selection of {@code width} of a stream's channels: those that the given vector
   * says, or all.
   *
   * @throws EarlybirdException if that is another number of channels
   */
  protected final ChannelSelection selection(String name, int stream, int width) {
    HostTensor indexes = given.get(ChannelSelection.key(name));
    Channels kept =
        indexes != null
            ? ChannelSelection.parse(name, indexes, stream)
            : given.containsKey(EVENLY) && width >= 1 && width <= stream
                ? ChannelSelection.evenly(stream, width)
                : ChannelSelection.all(stream);
    if (kept.count() != width) {
      throw new EarlybirdException(
          String.format(
              "%s: cfg wants %d of %d channels, %s",
              name,
              width,
              stream,
              indexes == null
                  ? "and nothing says which"
                  : "but the vector of indexes keeps " + kept.count()));
    }
    return add(new ChannelSelection(name, stream, kept));
  }

  /** Adds a ReLU to a graph. */
  protected static Tensor relu(Tensor x, String name) {
    return x.applyNode(new Relu(), name).output(0);
  }

  /**
   * Adds the network to a graph.
   *
   * @param x pictures, {@code [N,H,W,3]}
   * @return logits, {@code [N,classes]}
   */
  public abstract Tensor forward(Tensor x, ForwardPass pass);

  /**
   * A network of the same kind, of the widths that a state dict's tensors have, whose selections
   * keep the channels that its vectors say.
   *
   * @param state a state dict of this network with channels cut out
   */
  public abstract Network withWidthsOf(Map<String, HostTensor> state);

  /** Shape and type of {@code batch} pictures. */
  public final TensorSpec inputSpec(int batch) {
    return TensorSpec.f32(batch, inputSize, inputSize, 3);
  }

  /** The layers that own state, in the order of the state dict. */
  public final List<Layer> layers() {
    return List.copyOf(layers);
  }

  /** The state dict's entries in the original's order. */
  public final List<StateEntry> state() {
    return layers.stream().flatMap(l -> l.state().stream()).toList();
  }

  /** Parameters and running statistics, in the order of the state dict. */
  public final List<Variable> variables() {
    return state().stream()
        .filter(StateEntry.Stored.class::isInstance)
        .map(e -> ((StateEntry.Stored) e).variable())
        .toList();
  }

  /** What is trained, in the order of the state dict; channel selections are not. */
  public final List<Variable> parameters() {
    return variables().stream().filter(v -> v.kind() == Variable.Kind.PARAMETER).toList();
  }

  /** The batch norms in the original's order: the order of masks. */
  public final List<BatchNorm2d> batchNorms() {
    return layersOf(BatchNorm2d.class);
  }

  /** The channel selections, in the order of the state dict. */
  public final List<ChannelSelection> selections() {
    return layersOf(ChannelSelection.class);
  }

  private <L extends Layer> List<L> layersOf(Class<L> type) {
    return layers.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** Share of the newest batch in the running statistics of all batch norms, {@code [1]}. */
  public final Variable batchNormMomentum() {
    return batchNormMomentum;
  }

  /** The state dict before the first step; every tensor depends on the seed and its name alone. */
  public final Map<String, HostTensor> initialState(long seed) {
    Map<Variable, HostTensor> values = new LinkedHashMap<>();
    layers.forEach(l -> values.putAll(l.initialValues(seed)));
    return readState(values::get);
  }

  /**
   * The scales of all batch norms, in their order: what masks are made from.
   *
   * @param reader reads a variable, for example {@code session::read}
   */
  public final List<float[]> scales(Function<Variable, HostTensor> reader) {
    return batchNorms().stream().map(b -> reader.apply(b.weight()).floats()).toList();
  }

  /** The scales of all batch norms in a state dict. */
  public final List<float[]> scales(Map<String, HostTensor> state) {
    return scales(v -> state.get(v.name()));
  }

  /**
   * The current state dict.
   *
   * @param reader reads a variable, for example {@code session::read}
   */
  public final Map<String, HostTensor> readState(Function<Variable, HostTensor> reader) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    for (StateEntry e : state()) {
      HostTensor value =
          e instanceof StateEntry.Stored stored
              ? reader.apply(stored.variable())
              : ((StateEntry.Fixed) e).value();
      out.put(e.name(), value);
    }
    return out;
  }

  /**
   * Takes over a state dict, and sets the batch-norm momentum to its default.
   *
   * @param writer writes a variable, for example {@code session::write}
   * @throws EarlybirdException if a tensor is missing, unknown or of another shape, or selections
   *     differ from this network's; nothing is written then
   */
  public final void writeState(
      Map<String, HostTensor> state, BiConsumer<Variable, HostTensor> writer) {
    checkState(state);
    variables().forEach(v -> writer.accept(v, state.get(v.name())));
    writer.accept(batchNormMomentum, HostTensor.scalar(BatchNorm2d.DEFAULT_MOMENTUM));
  }

  /**
   * Checks that a state dict is one of this network.
   *
   * @throws EarlybirdException if a tensor is missing, unknown or of another shape, or selections
   *     differ
   */
  public final void checkState(Map<String, HostTensor> state) {
    List<StateEntry> entries = state();
    for (StateEntry e : entries) {
      HostTensor value = state.get(e.name());
      if (value == null) {
        throw new EarlybirdException(e.name() + " is missing in the state of " + this);
      }
      if (!value.spec().equals(e.spec())) {
        throw new EarlybirdException(
            e.name() + ": expected " + e.spec() + " for " + this + ", found " + value.spec());
      }
      if (e instanceof StateEntry.Fixed fixed && !fixed.value().equals(value)) {
        throw new EarlybirdException(e.name() + ": selects other channels than the network");
      }
    }
    if (state.size() != entries.size()) {
      List<String> names = entries.stream().map(StateEntry::name).toList();
      String unknown = state.keySet().stream().filter(k -> !names.contains(k)).findFirst().get();
      throw new EarlybirdException(unknown + " is no part of " + this);
    }
  }
}
