package io.earlybird.bench.peer;

import io.earlybird.models.Network;
import io.earlybird.nn.ForwardPass;
import io.earlybird.optim.Sgd;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.LeafOp;
import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.ReadVariable;
import io.earlybird.tensor.op.Relu;
import io.earlybird.tensor.op.Reshape;
import io.earlybird.tensor.op.Select;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A network, its values and one batch as files that a peer reads: {@code network.txt} (tensors and
 * operations by line), {@code tensors.bin}, {@code input.bin} (pictures as NCHW, then labels of 64
 * bits), all numbers little-endian.
 */
final class NetworkDescription {
  private final Network network;
  private final List<String> lines = new ArrayList<>();
  private final Map<Tensor, Integer> numbers = new IdentityHashMap<>();

  private NetworkDescription(Network network) {
    this.network = network;
  }

  /**
   * Writes the files.
   *
   * @param state the network's state dict
   * @param pictures {@code [N,H,W,3]}
   * @param labels {@code [N]}
   */
  static void write(
      Path folder,
      Network network,
      Map<String, HostTensor> state,
      Sgd.Settings sgd,
      double learningRate,
      HostTensor pictures,
      HostTensor labels)
      throws IOException {
    NetworkDescription description = new NetworkDescription(network);
    description.lines.add("option lr " + learningRate);
    description.lines.add("option momentum " + sgd.momentum());
    description.lines.add("option weight_decay " + sgd.weightDecay());
    description.lines.add("option l1 " + sgd.sparsity());
    description.tensors();
    HostTensor nchw = pictures.permute(0, 3, 1, 2);
    description.lines.add("input " + words(nchw.shape().dims()));
    description.operations(pictures);
    Files.write(folder.resolve("network.txt"), description.lines);
    List<float[]> values =
        tensors(network).stream().map(v -> state.get(v.name()).floats()).toList();
    writeFloats(folder.resolve("tensors.bin"), values, new int[0]);
    int[] classes = new int[Math.toIntExact(labels.spec().size())];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = (int) labels.get(i);
    }
    writeFloats(folder.resolve("input.bin"), List.of(nchw.floats()), classes);
  }

  private static void writeFloats(Path file, List<float[]> arrays, int[] longs) throws IOException {
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (float[] values : arrays) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        out.write(bytes);
      }
      ByteBuffer bytes = ByteBuffer.allocate(8 * longs.length).order(ByteOrder.LITTLE_ENDIAN);
      Arrays.stream(longs).forEach(bytes::putLong);
      out.write(bytes.flip());
    }
  }

  /** Values of all tensors as a peer saves them, in the order of {@link #tensors(Network)}. */
  static Map<Variable, float[]> readValues(Path file, Network network) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    Map<Variable, float[]> values = new LinkedHashMap<>();
    for (Variable v : tensors(network)) {
      float[] of = new float[Math.toIntExact(v.shape().size())];
      for (int i = 0; i < of.length; i++) {
        of[i] = bytes.getFloat();
      }
      values.put(v, of);
    }
    return values;
  }

  /** Parameters and running statistics; counters of batches have no part in a step. */
  static List<Variable> tensors(Network network) {
    return network.variables().stream().filter(v -> v.spec().dtype() == DType.F32).toList();
  }

  private void tensors() {
    Set<Variable> scales =
        network.batchNorms().stream().map(n -> n.weight()).collect(Collectors.toSet());
    for (Variable v : tensors(network)) {
      String kind =
          scales.contains(v)
              ? "scale"
              : v.kind() == Variable.Kind.PARAMETER ? "parameter" : "statistic";
      lines.add("tensor " + v.name() + " " + kind + " " + words(v.shape().dims()));
    }
  }

  private void operations(HostTensor pictures) {
    Tensor x = Tensor.placeholder("x", pictures.spec());
    Tensor logits = network.forward(x, ForwardPass.evaluation());
    numbers.put(x, 0);
    List<Node> nodes = new ArrayList<>();
    collect(logits.node(), new HashSet<>(), nodes);
    nodes.sort(Comparator.comparingInt(Node::level));
    // The last result is what the peer takes as the logits: the node of the highest level.
    for (Node node : nodes) {
      lines.add(operation(node));
      numbers.put(node.output(0), numbers.size());
    }
  }

  private static void collect(Node node, Set<Node> seen, List<Node> nodes) {
    if (node.op() instanceof LeafOp || !seen.add(node)) {
      return;
    }
    node.inputs().forEach(in -> collect(in.node(), seen, nodes));
    nodes.add(node);
  }

  private String operation(Node node) {
    Op op = node.op();
    int x = numbers.get(node.inputs().get(0));
    if (op instanceof Conv2d c) {
      return "conv2d " + x + " " + name(node, 1) + " " + c.stride() + " " + c.padding();
    } else if (op instanceof BatchNormInference b) {
      return "batch_norm " + x + " " + prefix(node) + " " + b.epsilon();
    } else if (op instanceof Relu) {
      return "relu " + x;
    } else if (op instanceof Add) {
      return "add " + x + " " + numbers.get(node.inputs().get(1));
    } else if (op instanceof MaxPool2d p) {
      return "max_pool " + x + " " + p.kernel() + " " + p.stride() + " " + p.padding();
    } else if (op instanceof AvgPool2d p) {
      return "avg_pool " + x + " " + p.kernel() + " " + p.stride();
    } else if (op instanceof Select s) {
      return "select "
          + x
          + " "
          + Arrays.stream(s.channels().toArray())
              .mapToObj(Integer::toString)
              .collect(Collectors.joining(","));
    } else if (op instanceof Reshape) {
      return "flatten " + x;
    } else if (op instanceof Linear) {
      return "linear " + x + " " + prefix(node);
    }
    throw new IllegalArgumentException("no peer knows " + op);
  }

  private static String name(Node node, int operand) {
    return ((ReadVariable) node.inputs().get(operand).node().op()).variable().name();
  }

  private static String prefix(Node node) {
    String weight = name(node, 1);
    return weight.substring(0, weight.lastIndexOf('.'));
  }

  private static String words(int[] dims) {
    return Arrays.stream(dims).mapToObj(Integer::toString).collect(Collectors.joining(" "));
  }
}
