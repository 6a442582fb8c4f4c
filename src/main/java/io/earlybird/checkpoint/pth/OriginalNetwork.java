package io.earlybird.checkpoint.pth;

import io.earlybird.EarlybirdException;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.models.StandardNetwork;
import io.earlybird.nn.StateEntry;
import io.earlybird.tensor.HostTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which network a state dict belongs to, told from names and shapes alone. */
final class OriginalNetwork {
  private static final Pattern FEATURE = Pattern.compile("feature\\.(\\d{1,4})\\.weight");
  private static final int PRERESNET_STAGES = 3;

  /** What the networks for larger pictures were made for; their tensors don't say. */
  private static final int IMAGENET_SIZE = 224;

  private OriginalNetwork() {}

  /**
   * The network.
   *
   * @param state under our names
   * @return empty if it is none that we know
   */
  static Optional<NetworkSpec> of(Map<String, HostTensor> state) {
    try {
      if (rank(state, "feature.0.weight") == 4 && rank(state, "classifier.weight") == 2) {
        return Optional.of(vgg(state));
      }
      if (rank(state, "layer1.0.conv3.weight") == 4
          && state.containsKey("select.indexes")
          && rank(state, "fc.weight") == 2) {
        return preResNet(state);
      }
      if (rank(state, "layer4.0.conv2.weight") == 4 && rank(state, "fc.weight") == 2) {
        return resNet(state);
      }
    } catch (EarlybirdException e) {
      return Optional.empty();
    }
    return Optional.empty();
  }

  /** The convolutions' places tell where the poolings are: each convolution takes three. */
  private static NetworkSpec vgg(Map<String, HostTensor> state) {
    TreeMap<Integer, Integer> convolutions = new TreeMap<>();
    state.forEach(
        (key, tensor) -> {
          Matcher feature = FEATURE.matcher(key);
          if (feature.matches() && tensor.shape().rank() == 4) {
            convolutions.put(Integer.valueOf(feature.group(1)), tensor.shape().dim(0));
          }
        });
    List<Object> cfg = new ArrayList<>();
    int next = 0;
    for (Map.Entry<Integer, Integer> convolution : convolutions.entrySet()) {
      for (; next < convolution.getKey(); next++) {
        cfg.add("M");
      }
      cfg.add(convolution.getValue());
      next = convolution.getKey() + 3;
    }
    Cfg widths = Cfg.of(cfg);
    int size = 2 << Math.min(widths.pools(), 28);
    int depth = convolutions.size() + 3;
    int classes = state.get("classifier.weight").shape().dim(0);
    return standardOr(new NetworkSpec("vgg", depth, widths, classes, size));
  }

  private static Optional<NetworkSpec> preResNet(Map<String, HostTensor> state) {
    List<Object> cfg = new ArrayList<>();
    for (int stage = 1; stage <= PRERESNET_STAGES; stage++) {
      for (int block = 0; ; block++) {
        String name = "layer" + stage + "." + block;
        HostTensor first = state.get(name + ".conv1.weight");
        HostTensor second = state.get(name + ".conv2.weight");
        if (first == null || second == null) {
          break;
        }
        if (first.shape().rank() != 4 || second.shape().rank() != 4) {
          return Optional.empty();
        }
        cfg.add(first.shape().dim(1));
        cfg.add(first.shape().dim(0));
        cfg.add(second.shape().dim(0));
      }
    }
    int depth = cfg.size() + 2;
    cfg.add(state.get("fc.weight").shape().dim(1));
    int classes = state.get("fc.weight").shape().dim(0);
    return Optional.of(
        standardOr(new NetworkSpec("resnet", depth, Cfg.of(cfg), classes, NetworkSpec.CIFAR_SIZE)));
  }

  private static Optional<NetworkSpec> resNet(Map<String, HostTensor> state) {
    boolean bottlenecks = rank(state, "layer1.0.conv3.weight") == 4;
    boolean deep = rank(state, "layer1.2.conv1.weight") == 4;
    String arch = bottlenecks ? "resnet50_official" : deep ? "resnet34" : "resnet18";
    int classes = state.get("fc.weight").shape().dim(0);
    NetworkSpec standard = new NetworkSpec(arch, 0, null, classes, IMAGENET_SIZE);
    StandardNetwork network = Network.of(standard);
    for (StateEntry entry : network.state()) {
      int rank = entry.spec().shape().rank();
      if (rank == 4 && rank(state, entry.name()) != rank) {
        return Optional.empty();
      }
    }
    return Optional.of(standardOr(standard.withCfg(network.widthsOf(state))));
  }

  /** The depth's standard network if the widths are those. */
  private static NetworkSpec standardOr(NetworkSpec spec) {
    try {
      NetworkSpec standard =
          new NetworkSpec(
              spec.arch().replace("_prune", "_official"),
              spec.depth(),
              null,
              spec.classes(),
              spec.inputSize());
      return standard.widths().equals(spec.cfg()) ? standard : spec;
    } catch (EarlybirdException e) {
      return spec;
    }
  }

  private static int rank(Map<String, HostTensor> state, String key) {
    HostTensor tensor = state.get(key);
    return tensor == null ? -1 : tensor.shape().rank();
  }
}
