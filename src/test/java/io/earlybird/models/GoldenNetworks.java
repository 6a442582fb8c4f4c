package io.earlybird.models;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.golden.GoldenTensor;
import io.earlybird.nn.StateEntry;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Translates between recorded descriptions and networks, for all tests that read them. */
public final class GoldenNetworks {
  private GoldenNetworks() {}

  /** The network that a recorded {@code meta} describes. */
  public static NetworkSpec spec(JsonNode meta) {
    return spec(meta, cfg(meta.path("cfg")));
  }

  /** As {@link #spec(JsonNode)}, with the widths given. */
  public static NetworkSpec spec(JsonNode meta, Cfg cfg) {
    String arch = meta.path("arch").asText("resnet");
    int depth = cfg == null || arch.equals("resnet") ? meta.path("depth").asInt() : 0;
    String dataset = meta.path("dataset").asText("cifar10");
    boolean imagenet = dataset.equals("imagenet");
    int classes =
        meta.has("classes")
            ? meta.get("classes").asInt()
            : imagenet ? 1000 : dataset.equals("cifar100") ? 100 : 10;
    int size = imagenet ? 224 : NetworkSpec.CIFAR_SIZE;
    return new NetworkSpec(arch, depth, cfg, classes, size);
  }

  /** Recorded widths, or null where there are none. */
  public static Cfg cfg(JsonNode list) {
    if (!list.isArray()) {
      return null;
    }
    List<Object> entries = new ArrayList<>();
    list.forEach(e -> entries.add(e.isInt() ? (Object) e.intValue() : e.textValue()));
    return Cfg.of(entries);
  }

  /** A recorded tensor as ours; scalars become {@code [1]}. */
  public static HostTensor host(GoldenTensor t) {
    int[] dims = t.shape().length == 0 ? new int[] {1} : t.shape();
    return t.isFloat() ? HostTensor.of(t.floats(), dims) : HostTensor.scalar(t.longs()[0]);
  }

  /** A recorded state dict as ours. */
  public static Map<String, HostTensor> state(Map<String, GoldenTensor> tensors) {
    Map<String, HostTensor> state = new LinkedHashMap<>();
    tensors.forEach((name, t) -> state.put(name, host(t)));
    return state;
  }

  /** The entries of a network's state dict as recordings have them; single numbers without axes. */
  public static Map<String, int[]> shapes(Network network) {
    Map<String, int[]> shapes = new LinkedHashMap<>();
    for (StateEntry e : network.state()) {
      boolean scalar = e.name().endsWith("num_batches_tracked");
      shapes.put(e.name(), scalar ? new int[0] : e.spec().shape().dims());
    }
    return shapes;
  }

  /** Recorded pictures N,C,H,W as ours, N,H,W,C. */
  public static HostTensor pictures(GoldenTensor t) {
    return host(t).permute(0, 2, 3, 1);
  }

  /** The nodes that belong to a named layer, by its name, among those that a result needs. */
  public static Map<String, Node> layers(Tensor result) {
    Map<String, Node> layers = new HashMap<>();
    List<Node> stack = new ArrayList<>(List.of(result.node()));
    while (!stack.isEmpty()) {
      Node node = stack.remove(stack.size() - 1);
      if (node.layer() != null) {
        layers.put(node.layer(), node);
      }
      node.inputs().forEach(in -> stack.add(in.node()));
    }
    return layers;
  }
}
