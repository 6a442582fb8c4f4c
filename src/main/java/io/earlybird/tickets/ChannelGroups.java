package io.earlybird.tickets;

import io.earlybird.nn.BatchNorm2d;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.Placeholder;
import io.earlybird.tensor.op.ReadVariable;
import io.earlybird.tensor.op.Relu;
import io.earlybird.tensor.op.Reshape;
import io.earlybird.tensor.op.Select;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which channels of a network live and die together, derived from its lazy graph.
 *
 * <p>A convolution or linear layer binds its weight's dimension 1 to the group that it reads and
 * starts a new group, bound to dimension 0. Batch norm binds its vectors to the group it works on;
 * ReLU, pooling and flattening carry a group along; an addition makes two groups one; a selection
 * ends a group and starts one of chosen channels.
 *
 * <p>A channel of a group must stay where a layer reads it and it may be non-zero. Behind a batch
 * norm only the channels of its mask are; behind an addition those of either operand; an output of
 * a convolution always is. So a residual stream keeps the union of the masks of all that is added
 * to it, and stays whole where anything is added that went through no batch norm.
 */
final class ChannelGroups {
  /**
   * Channels that may be non-zero: all, or those that the mask of one of the batch norms keeps.
   *
   * @param norms numbers of batch norms in the network's order
   */
  record Alive(boolean all, Set<Integer> norms) {
    static final Alive ALL = new Alive(true, Set.of());

    static Alive of(int norm) {
      return new Alive(false, Set.of(norm));
    }

    Alive or(Alive other) {
      Set<Integer> union = new TreeSet<>(norms);
      union.addAll(other.norms);
      return new Alive(all || other.all, union);
    }
  }

  /** Dimension {@code dim} of a variable; its index i is channel {@code i % width} of a group. */
  record Binding(Variable variable, int dim) {}

  /**
   * A selection that starts a group.
   *
   * @param layer the selection's name
   * @param source the group that it reads
   * @param channels what it keeps of that group
   * @param alive which of those may be non-zero
   */
  record Choice(String layer, Group source, Channels channels, Alive alive) {}

  /** Channels that live and die together. */
  static final class Group {
    private final int width;
    private final List<Binding> bindings = new ArrayList<>();
    private final Choice choice;
    private Alive read = new Alive(false, Set.of());
    private Group joined;

    private Group(int width, Choice choice) {
      this.width = width;
      this.choice = choice;
    }

    /** The group that this one became a part of, or itself. */
    Group find() {
      return joined == null ? this : joined.find();
    }

    int width() {
      return width;
    }

    List<Binding> bindings() {
      return List.copyOf(bindings);
    }

    /** The selection that starts this group, or {@code null}. */
    Choice choice() {
      return choice;
    }

    /** The channels that some layer reads and that may be non-zero. */
    Alive read() {
      return read;
    }
  }

  private record View(Group group, Alive alive) {}

  private final Map<String, Integer> norms = new HashMap<>();
  private final Map<Tensor, View> views = new IdentityHashMap<>();
  private final Set<Group> groups = new LinkedHashSet<>();

  /**
   * Derives the groups of a network.
   *
   * @param output what the network computes, built with {@link
   *     io.earlybird.nn.ForwardPass#structure()}
   * @param batchNorms the network's batch norms in its order
   * @throws IllegalArgumentException if the graph has an op that nothing is known about
   */
  ChannelGroups(Tensor output, List<BatchNorm2d> batchNorms) {
    batchNorms.forEach(b -> norms.put(b.name(), norms.size()));
    GraphOrder.of(output).forEach(this::visit);
    // Every output of the network is wanted.
    read(output, Alive.ALL);
  }

  /** The groups, in the order of the layers. */
  List<Group> groups() {
    return groups.stream().filter(g -> g.joined == null).toList();
  }

  private void visit(Node node) {
    Tensor y = node.output(0);
    if (node.op() instanceof ReadVariable || isWeight(node)) {
      return;
    }
    if (node.op() instanceof Placeholder) {
      start(y, null);
      read(y, Alive.ALL);
      return;
    }
    Tensor x = node.inputs().get(0);
    View in = views.get(x);
    if (node.op() instanceof Conv2d || node.op() instanceof Linear) {
      read(x, in.alive());
      bind(node, 1, 1, in.group());
      Group made = start(y, null);
      bind(node, 1, 0, made);
      if (node.op() instanceof Linear) {
        bind(node, 2, 0, made);
      }
    } else if (node.op() instanceof BatchNormInference) {
      for (int operand = 1; operand < node.inputs().size(); operand++) {
        bind(node, operand, 0, in.group());
      }
      views.put(y, new View(in.group(), Alive.of(norms.get(node.layer()))));
    } else if (node.op() instanceof Add) {
      View other = views.get(node.inputs().get(1));
      if (in.alive().all() || other.alive().all()) {
        read(x, Alive.ALL);
      }
      join(in.group().find(), other.group().find());
      views.put(y, new View(in.group(), in.alive().or(other.alive())));
    } else if (node.op() instanceof Select select) {
      read(x, in.alive());
      Group source = in.group().find();
      start(y, new Choice(node.layer(), source, select.channels(), in.alive()));
    } else if (node.op() instanceof Relu
        || node.op() instanceof MaxPool2d
        || node.op() instanceof AvgPool2d
        || node.op() instanceof Reshape) {
      views.put(y, in);
    } else {
      throw new IllegalArgumentException("no rule for pruning through op " + node.op().name());
    }
  }

  /** A reshaped variable. */
  private boolean isWeight(Node node) {
    return node.op() instanceof Reshape && !views.containsKey(node.inputs().get(0));
  }

  private Group start(Tensor y, Choice choice) {
    Group group = new Group(y.shape().dim(-1), choice);
    groups.add(group);
    views.put(y, new View(group, Alive.ALL));
    return group;
  }

  private void read(Tensor x, Alive alive) {
    Group group = views.get(x).group().find();
    group.read = group.read.or(alive);
  }

  private void bind(Node node, int operand, int dim, Group group) {
    Node value = node.inputs().get(operand).node();
    while (value.op() instanceof Reshape) {
      value = value.inputs().get(0).node();
    }
    ReadVariable read = (ReadVariable) value.op();
    group.find().bindings.add(new Binding(read.variable(), dim));
  }

  private void join(Group a, Group b) {
    if (a == b) {
      return;
    }
    if (a.choice != null || b.choice != null) {
      throw new IllegalArgumentException("no rule for pruning an addition of selected channels");
    }
    a.bindings.addAll(b.bindings);
    a.read = a.read.or(b.read);
    b.joined = a;
  }
}
