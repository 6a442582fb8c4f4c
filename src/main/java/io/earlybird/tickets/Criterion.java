package io.earlybird.tickets;

import com.fasterxml.jackson.annotation.JsonValue;
import io.earlybird.models.Network;
import io.earlybird.nn.ForwardPass;
import io.earlybird.random.Philox;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.ReadVariable;
import io.earlybird.tensor.op.Select;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What a mask ranks the channels by. The paper's is the scale; the others are there to compare. */
public enum Criterion {
  /** The magnitude of the batch norm's scale (paper, section 3.1). */
  SCALE,
  /**
   * The mean magnitude of the weights that read the channel, relative to the mean over its layer.
   */
  MAGNITUDE,
  /** Drawn evenly, from a seed. */
  RANDOM;

  /** As it stands on the command line. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return label();
  }

  /**
   * The mask that keeps the channels with the largest scores; the rule is that of scales.
   *
   * @param state the network's state dict
   * @param ratio fraction to prune over all layers together, in [0,1)
   * @param seed of the random one
   * @throws io.earlybird.EarlybirdException if the ratio is out of range or a score is NaN
   */
  public ChannelMask mask(Network network, Map<String, HostTensor> state, double ratio, long seed) {
    return ChannelMask.of(
        switch (this) {
          case SCALE -> network.scales(state);
          case MAGNITUDE -> magnitudes(network, state);
          case RANDOM -> draws(network, seed);
        },
        ratio);
  }

  private static List<float[]> draws(Network network, long seed) {
    return network.batchNorms().stream()
        .map(
            norm -> {
              int hash = Philox.hash(norm.name(), "random-mask");
              float[] scores = new float[norm.channels()];
              for (int c = 0; c < scores.length; c++) {
                scores[c] = Philox.uniform(Philox.word(seed, c, 0, hash));
              }
              return scores;
            })
        .toList();
  }

  /** Channel {@code channels[i]} of a batch norm is what index i of a tensor's last axis shows. */
  private record View(int norm, int[] channels) {}

  private static List<float[]> magnitudes(Network network, Map<String, HostTensor> state) {
    List<float[]> scores = new ArrayList<>();
    Map<String, Integer> norms = new HashMap<>();
    network
        .batchNorms()
        .forEach(
            norm -> {
              norms.put(norm.name(), norms.size());
              scores.add(new float[norm.channels()]);
            });
    Map<Tensor, List<View>> views = new IdentityHashMap<>();
    Tensor x = Tensor.placeholder("x", network.inputSpec(1));
    for (Node node : order(network.forward(x, ForwardPass.structure()))) {
      views.put(node.output(0), visit(node, views, norms, state, scores));
    }
    scores.forEach(Criterion::normalize);
    return scores;
  }

  private static List<View> visit(
      Node node,
      Map<Tensor, List<View>> views,
      Map<String, Integer> norms,
      Map<String, HostTensor> state,
      List<float[]> scores) {
    if (node.inputs().isEmpty()) {
      return List.of();
    }
    List<View> in = views.get(node.inputs().get(0));
    if (node.op() instanceof BatchNormInference) {
      int norm = norms.get(node.layer());
      int[] all = new int[scores.get(norm).length];
      Arrays.setAll(all, i -> i);
      return List.of(new View(norm, all));
    }
    if (node.op() instanceof Add) {
      List<View> both = new ArrayList<>(in);
      both.addAll(views.get(node.inputs().get(1)));
      return both;
    }
    if (node.op() instanceof Select select) {
      return in.stream()
          .map(
              view -> {
                int[] chosen = new int[select.channels().count()];
                Arrays.setAll(chosen, i -> view.channels()[select.channels().get(i)]);
                return new View(view.norm(), chosen);
              })
          .toList();
    }
    HostTensor weight = weight(node, state);
    if (weight == null) {
      return in;
    }
    in.forEach(view -> read(weight, view, scores.get(view.norm())));
    return List.of();
  }

  /** What a convolution or linear layer multiplies with; null for other nodes. */
  private static HostTensor weight(Node node, Map<String, HostTensor> state) {
    if (node.inputs().size() < 2 || !(node.inputs().get(1).node().op() instanceof ReadVariable r)) {
      return null;
    }
    Variable variable = r.variable();
    return variable.shape().rank() >= 2 ? state.get(variable.name()) : null;
  }

  /** Adds the mean magnitude of {@code weight[:, i]} to the channel that index i shows. */
  private static void read(HostTensor weight, View view, float[] scores) {
    int outputs = weight.shape().dim(0);
    int inputs = weight.shape().dim(1);
    float[] values = weight.floats();
    int kernel = values.length / outputs / inputs;
    double[] sums = new double[inputs];
    for (int i = 0; i < values.length; i++) {
      sums[i / kernel % inputs] += Math.abs(values[i]);
    }
    int width = view.channels().length;
    for (int i = 0; i < inputs; i++) {
      scores[view.channels()[i % width]] += (float) (sums[i] / (outputs * kernel));
    }
  }

  private static void normalize(float[] scores) {
    double sum = 0;
    for (float s : scores) {
      sum += s;
    }
    for (int i = 0; i < scores.length && sum > 0; i++) {
      scores[i] = (float) (scores[i] * scores.length / sum);
    }
  }

  /** All nodes, operands before results. */
  private static List<Node> order(Tensor output) {
    Set<Node> seen = new LinkedHashSet<>(List.of(output.node()));
    List<Node> waiting = new ArrayList<>(seen);
    while (!waiting.isEmpty()) {
      for (Tensor in : waiting.remove(waiting.size() - 1).inputs()) {
        if (seen.add(in.node())) {
          waiting.add(in.node());
        }
      }
    }
    return seen.stream().sorted(Comparator.comparingInt(Node::level)).toList();
  }
}
