package io.earlybird.tickets;

import io.earlybird.models.Network;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ForwardPass;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.ReadVariable;
import io.earlybird.tensor.op.Select;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which weights read which batch-norm channels of a network, as its graph says. */
final class ChannelReads {
  private final Map<String, Integer> norms = new HashMap<>();
  private final int[] sizes;
  private final List<Read> reads = new ArrayList<>();

  /**
   * A convolution or linear layer behind a batch norm.
   *
   * @param norm number of the batch norm, in the network's order
   * @param channels of the batch norm, in the order of the weight's second axis, over and over
   * @param weight name of the variable
   */
  record Read(int norm, int[] channels, String weight) {}

  /** Channel {@code channels[i]} of a batch norm is what index i of a tensor's last axis shows. */
  private record View(int norm, int[] channels) {}

  ChannelReads(Network network) {
    network.batchNorms().forEach(norm -> norms.put(norm.name(), norms.size()));
    sizes = network.batchNorms().stream().mapToInt(BatchNorm2d::channels).toArray();
    Map<Tensor, List<View>> views = new IdentityHashMap<>();
    Tensor x = Tensor.placeholder("x", network.inputSpec(1));
    for (Node node : order(network.forward(x, ForwardPass.structure()))) {
      views.put(node.output(0), visit(node, views));
    }
  }

  /** Every read, in the order of the graph. */
  List<Read> all() {
    return List.copyOf(reads);
  }

  /**
   * Per batch norm, the channels that some weight reads. Others, which only networks pruned before
   * have, change nothing.
   */
  List<BitSet> readChannels() {
    List<BitSet> read = new ArrayList<>();
    Arrays.stream(sizes).forEach(size -> read.add(new BitSet(size)));
    for (Read r : reads) {
      Arrays.stream(r.channels()).forEach(read.get(r.norm())::set);
    }
    return read;
  }

  private List<View> visit(Node node, Map<Tensor, List<View>> views) {
    if (node.inputs().isEmpty()) {
      return List.of();
    }
    List<View> in = views.get(node.inputs().get(0));
    if (node.op() instanceof BatchNormInference) {
      int norm = norms.get(node.layer());
      int[] all = new int[sizes[norm]];
      Arrays.setAll(all, i -> i);
      return List.of(new View(norm, all));
    }
    if (node.op() instanceof Add) {
      List<View> both = new ArrayList<>(in);
      both.addAll(views.get(node.inputs().get(1)));
      return both;
    }
    if (node.op() instanceof Select select) {
      return in.stream().map(view -> selected(view, select)).toList();
    }
    String weight = weight(node);
    if (weight == null) {
      return in;
    }
    in.forEach(view -> reads.add(new Read(view.norm(), view.channels(), weight)));
    return List.of();
  }

  private static View selected(View view, Select select) {
    int[] chosen = new int[select.channels().count()];
    Arrays.setAll(chosen, i -> view.channels()[select.channels().get(i)]);
    return new View(view.norm(), chosen);
  }

  /** What a convolution or linear layer multiplies with; null for other nodes. */
  private static String weight(Node node) {
    if (node.inputs().size() < 2 || !(node.inputs().get(1).node().op() instanceof ReadVariable r)) {
      return null;
    }
    return r.variable().shape().rank() >= 2 ? r.variable().name() : null;
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
