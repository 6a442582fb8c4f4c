package io.earlybird.checkpoint.pth;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.pickle.NumpyScalar;
import io.earlybird.checkpoint.pickle.PickleBytes;
import io.earlybird.checkpoint.pickle.PickleDict;
import io.earlybird.checkpoint.pickle.Printable;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.nn.StateEntry;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * A checkpoint of the original: {@code init} {state_dict}; {@code ckptN}, {@code model_best},
 * {@code EB-P-N}, {@code checkpoint} {epoch, state_dict, best_prec1, optimizer}; {@code pruned}
 * {cfg, state_dict}; {@code swa} {epoch, state_dict, prec1, optimizer}. A state dict without any of
 * this around it is taken as well.
 */
public final class OriginalCheckpoint {
  private static final int MOST_LISTED = 20;

  private final PthFile file;
  private final PickleDict root;
  private final Map<String, HostTensor> raw;
  private final Map<String, HostTensor> state;
  private final Optional<Cfg> cfg;
  private final Optional<NetworkSpec> network;

  private OriginalCheckpoint(PthFile file) {
    this.file = file;
    this.root = file.dict();
    this.raw = Collections.unmodifiableMap(stateDict());
    this.state = Collections.unmodifiableMap(StateKeys.normalized(raw));
    if (state.size() != raw.size()) {
      throw failure("state_dict", "names that differ, also without 'module.'");
    }
    this.cfg = savedCfg();
    this.network = OriginalNetwork.of(state);
    checkCfg();
  }

  /**
   * Reads a file in either of PyTorch's layouts.
   *
   * @throws EarlybirdException if it is missing, damaged or no checkpoint
   */
  public static OriginalCheckpoint read(Path file) {
    return of(PthFile.read(file));
  }

  /**
   * Takes what was read.
   *
   * @throws EarlybirdException if it is no checkpoint
   */
  public static OriginalCheckpoint of(PthFile file) {
    return new OriginalCheckpoint(file);
  }

  /** The file's name in messages. */
  public String name() {
    return file.name();
  }

  /** The state dict with the file's own keys and shapes, in the file's order. */
  public Map<String, HostTensor> rawState() {
    return raw;
  }

  /**
   * The state dict under our names, in the file's order: without {@code module.}, without the level
   * that low-precision programs add ({@code feature.0.0.weight}), single numbers as {@code [1]}.
   */
  public Map<String, HostTensor> state() {
    return state;
  }

  /** Whether quantizers stood behind the convolutions. */
  public boolean isLowPrecision() {
    return StateKeys.isLowPrecision(raw.keySet());
  }

  /** The widths that the file itself gives. */
  public Optional<Cfg> cfg() {
    return cfg;
  }

  /** The network, told from names, shapes and selections; empty if it is none that we know. */
  public Optional<NetworkSpec> network() {
    return network;
  }

  /**
   * The network.
   *
   * @throws EarlybirdException if it is none that we know
   */
  public NetworkSpec requireNetwork() {
    return network.orElseThrow(
        () ->
            new EarlybirdException(
                name()
                    + ": its tensors are those of no known network (vgg, resnet,"
                    + " resnet18, resnet34, resnet50)"));
  }

  /** Epochs trained. */
  public OptionalInt epoch() {
    Object value = number(root.get("epoch"));
    if (value == null) {
      return OptionalInt.empty();
    }
    if (value instanceof Long n && n >= 0 && n <= Integer.MAX_VALUE) {
      return OptionalInt.of((int) (long) n);
    }
    throw failure("epoch", "a number from 0 on");
  }

  /** Best test accuracy in percent; of averaged weights, their accuracy. */
  public OptionalDouble best() {
    String key = root.contains("best_prec1") ? "best_prec1" : "prec1";
    Object value = root.get(key);
    Object number = number(value);
    if (value != null && !(number instanceof Number)) {
      throw failure(key, "a number");
    }
    return number == null
        ? OptionalDouble.empty()
        : OptionalDouble.of(((Number) number).doubleValue());
  }

  /** The learning rate in force when it was saved. */
  public OptionalDouble learningRate() {
    for (PickleDict group : groups()) {
      if (number(group.get("lr")) instanceof Number rate) {
        return OptionalDouble.of(rate.doubleValue());
      }
    }
    return OptionalDouble.empty();
  }

  /**
   * The momentum buffers by our names of their parameters, in the parameters' order; those that
   * have none are missing. The optimizer numbers its parameters, or gives them large identifiers;
   * either way its list has the network's order.
   *
   * @throws EarlybirdException if they don't fit the state dict
   */
  public Map<String, HostTensor> momenta() {
    Map<String, HostTensor> momenta = new LinkedHashMap<>();
    List<Object> ids = new ArrayList<>();
    groups().forEach(group -> ids.addAll(list(group.get("params"), "optimizer params")));
    List<String> parameters = StateKeys.parameters(state.keySet());
    if (ids.isEmpty()) {
      return momenta;
    }
    if (ids.size() != parameters.size()) {
      throw failure(
          "optimizer", parameters.size() + " parameters as in state_dict, found " + ids.size());
    }
    if (!(optimizer().get("state") instanceof PickleDict states)) {
      throw failure("optimizer", "a dict 'state'");
    }
    for (int i = 0; i < ids.size(); i++) {
      Object entry = states.entries().get(ids.get(i));
      Object momentum = entry instanceof PickleDict dict ? dict.get("momentum_buffer") : null;
      if (momentum != null) {
        momenta.put(parameters.get(i), momentum(momentum, parameters.get(i)));
      }
    }
    return momenta;
  }

  private HostTensor momentum(Object value, String parameter) {
    HostTensor tensor = value instanceof TorchTensor t ? host(t) : null;
    if (tensor == null || !tensor.shape().equals(state.get(parameter).shape())) {
      throw failure(
          "the momentum of " + parameter, "a tensor of shape " + state.get(parameter).shape());
    }
    return tensor;
  }

  /**
   * The state dict for a network: in its order, with its types (other floating-point types are
   * rounded to them), counters of batches set to 0 where an old file lacks them.
   *
   * @throws EarlybirdException of one line that names every tensor of another shape with both
   *     shapes, and the missing and unexpected ones
   */
  public Map<String, HostTensor> stateFor(Network target) {
    Map<String, HostTensor> fitted = new LinkedHashMap<>();
    List<String> missing = new ArrayList<>();
    List<String> different = new ArrayList<>();
    List<String> unexpected = new ArrayList<>(state.keySet());
    for (StateEntry entry : target.state()) {
      HostTensor value = state.get(entry.name());
      unexpected.remove(entry.name());
      if (value == null && StateKeys.isScalar(entry.name())) {
        fitted.put(entry.name(), HostTensor.zeros(entry.spec()));
      } else if (value == null) {
        missing.add(entry.name());
      } else if (!value.shape().equals(entry.spec().shape())) {
        different.add(
            entry.name() + " expected " + entry.spec().shape() + " found " + value.shape());
      } else {
        fitted.put(entry.name(), converted(value, entry.spec()));
      }
    }
    if (!missing.isEmpty() || !different.isEmpty() || !unexpected.isEmpty()) {
      throw new EarlybirdException(
          name()
              + ": does not fit "
              + target
              + listed("other shapes", different)
              + listed("missing", missing)
              + listed("unexpected", unexpected));
    }
    return fitted;
  }

  private static String listed(String what, List<String> names) {
    if (names.isEmpty()) {
      return "";
    }
    List<String> shown = names.subList(0, Math.min(names.size(), MOST_LISTED));
    int rest = names.size() - shown.size();
    return "; "
        + what
        + ": "
        + String.join(", ", shown.stream().map(Printable::of).toList())
        + (rest > 0 ? " and " + rest + " more" : "");
  }

  private HostTensor converted(HostTensor value, TensorSpec wanted) {
    if (value.dtype() == wanted.dtype()) {
      return value;
    }
    if (value.dtype().isFloating() != wanted.dtype().isFloating()) {
      throw new EarlybirdException(
          name() + ": does not fit: expected " + wanted + ", found " + value.spec());
    }
    return HostTensor.ofDoubles(wanted, value.doubles());
  }

  private Map<String, HostTensor> stateDict() {
    Object found = root.contains("state_dict") ? root.get("state_dict") : root;
    if (!(found instanceof PickleDict dict) || dict.entries().isEmpty()) {
      throw failure("state_dict", "a dict of tensors");
    }
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    dict.entries()
        .forEach(
            (key, value) -> {
              String name = PickleBytes.text(key);
              if (name == null || !(value instanceof TorchTensor tensor)) {
                throw failure(
                    "state_dict",
                    "tensors by name, not "
                        + Printable.kind(value)
                        + " by '"
                        + Printable.of(key)
                        + "'");
              }
              tensors.put(name, host(tensor));
            });
    return tensors;
  }

  private HostTensor host(TorchTensor tensor) {
    try {
      return tensor.toHost();
    } catch (EarlybirdException e) {
      throw new EarlybirdException(name() + ": " + e.getMessage(), e);
    }
  }

  private Optional<Cfg> savedCfg() {
    if (root.get("cfg") == null) {
      return Optional.empty();
    }
    List<Object> entries = new ArrayList<>();
    for (Object entry : list(root.get("cfg"), "cfg")) {
      Object number = number(entry);
      if (number instanceof Long n && n > 0 && n <= Integer.MAX_VALUE) {
        entries.add((int) (long) n);
      } else if ("M".equals(PickleBytes.text(entry))) {
        entries.add("M");
      } else {
        throw failure("cfg", "positive widths and 'M', not '" + Printable.of(entry) + "'");
      }
    }
    if (entries.isEmpty()) {
      throw failure("cfg", "at least one width");
    }
    return Optional.of(Cfg.of(entries));
  }

  private void checkCfg() {
    if (cfg.isPresent() && network.isPresent() && !isSaved(network.get(), cfg.get())) {
      throw failure(
          "cfg", "the tensors' widths " + network.get().widths() + ", found " + cfg.get());
    }
  }

  /** Whether widths are those of a network; of some networks lists come in several forms. */
  private static boolean isSaved(NetworkSpec network, Cfg cfg) {
    try {
      return network.withCfg(cfg).widths().equals(network.widths());
    } catch (EarlybirdException noSuchList) {
      return false;
    }
  }

  private PickleDict optimizer() {
    Object optimizer = root.get("optimizer");
    if (optimizer == null) {
      return null;
    }
    if (!(optimizer instanceof PickleDict dict)) {
      throw failure("optimizer", "a dict");
    }
    return dict;
  }

  private List<PickleDict> groups() {
    PickleDict optimizer = optimizer();
    if (optimizer == null) {
      return List.of();
    }
    List<PickleDict> groups = new ArrayList<>();
    for (Object group : list(optimizer.get("param_groups"), "optimizer param_groups")) {
      if (!(group instanceof PickleDict dict)) {
        throw failure("optimizer param_groups", "dicts");
      }
      groups.add(dict);
    }
    return groups;
  }

  private List<?> list(Object value, String what) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw failure(what, "a list");
  }

  /** A number in Python's or NumPy's form. */
  private static Object number(Object value) {
    return value instanceof NumpyScalar scalar ? scalar.value() : value;
  }

  private EarlybirdException failure(String what, String expected) {
    return new EarlybirdException(name() + ": " + what + ": expected " + expected);
  }
}
