package io.earlybird.peer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A network described by a text file and trained by libtorch.
 *
 * <p>{@code network.txt} has one line per item: {@code option lr|momentum|weight_decay|l1 VALUE};
 * {@code tensor NAME KIND DIMS…} with KIND {@code parameter|scale|statistic} (a scale is a batch
 * norm's weight and gets the L1 term), whose fp32 values follow each other in {@code tensors.bin};
 * {@code input N C H W}, whose values are in {@code input.bin}, followed by N labels of 64 bits; and
 * operations in order, each result numbered from 1, the input being 0: {@code conv2d IN WEIGHT STRIDE
 * PADDING}, {@code batch_norm IN PREFIX EPSILON}, {@code relu IN}, {@code add IN IN}, {@code max_pool
 * IN KERNEL STRIDE PADDING}, {@code avg_pool IN KERNEL STRIDE}, {@code select IN C,C,…}, {@code
 * flatten IN}, {@code linear IN PREFIX}. The last result is the logits.
 */
final class TorchNetwork {
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final List<Tensor> scales = new ArrayList<>();
  private final List<String[]> operations = new ArrayList<>();
  private final Map<String, Double> options = new LinkedHashMap<>();
  private final Map<String, Tensor> channelLists = new LinkedHashMap<>();
  private final torch.MemoryFormat format;
  private final torch.ScalarType precision;
  private final TensorVector parameters = new TensorVector();
  private final SGD optimizer;
  private Tensor input;
  private Tensor labels;

  TorchNetwork(Path folder, boolean bf16, boolean channelsLast) throws IOException {
    format = channelsLast ? torch.MemoryFormat.ChannelsLast : torch.MemoryFormat.Contiguous;
    precision = bf16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float;
    ByteBuffer values = bytes(folder.resolve("tensors.bin"));
    for (String line : Files.readAllLines(folder.resolve("network.txt"))) {
      String[] words = line.trim().split(" ");
      switch (words[0]) {
        case "option" -> options.put(words[1], Double.parseDouble(words[2]));
        case "tensor" -> addTensor(words, values);
        case "input" -> readInput(dims(words, 1), bytes(folder.resolve("input.bin")));
        default -> operations.add(words);
      }
    }
    SGDOptions sgd = new SGDOptions(options.get("lr"));
    sgd.momentum().put(options.get("momentum"));
    sgd.weight_decay().put(options.get("weight_decay"));
    optimizer = new SGD(parameters, sgd);
  }

  private static ByteBuffer bytes(Path file) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static long[] dims(String[] words, int from) {
    return Arrays.stream(words).skip(from).mapToLong(Long::parseLong).toArray();
  }

  private static Tensor read(ByteBuffer from, long[] dims) {
    float[] values = new float[(int) Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = from.getFloat();
    }
    return torch.from_blob(new FloatPointer(values), dims).clone();
  }

  private static Tensor integers(long[] values) {
    TensorOptions type = new TensorOptions(torch.ScalarType.Long);
    return torch.from_blob(new LongPointer(values), new long[] {values.length}, type).clone();
  }

  private Tensor placed(Tensor t) {
    return t.dim() == 4
        ? t.to(precision, false, false, new MemoryFormatOptional(format))
        : t.to(precision);
  }

  private void addTensor(String[] words, ByteBuffer values) {
    boolean statistic = words[2].equals("statistic");
    Tensor t = placed(read(values, dims(words, 3)));
    if (!statistic) {
      t.set_requires_grad(true);
      parameters.push_back(t);
    }
    if (words[2].equals("scale")) {
      scales.add(t);
    }
    tensors.put(words[1], t);
  }

  private void readInput(long[] dims, ByteBuffer from) {
    input = placed(read(from, dims));
    long[] classes = new long[(int) dims[0]];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = from.getLong();
    }
    labels = integers(classes);
  }

  /** One training step: forward, loss, backward, L1 subgradient, SGD. */
  void train() {
    optimizer.zero_grad();
    torch.cross_entropy_loss(forward(true).to(torch.ScalarType.Float), labels).backward();
    try (NoGradGuard guard = new NoGradGuard()) {
      Scalar l1 = new Scalar(options.get("l1"));
      for (Tensor scale : scales) {
        scale.grad().add_(scale.sign(), l1);
      }
      optimizer.step();
    }
  }

  /** One forward pass with running statistics. */
  void evaluate() {
    try (NoGradGuard guard = new NoGradGuard()) {
      forward(false);
    }
  }

  private Tensor forward(boolean training) {
    List<Tensor> results = new ArrayList<>(List.of(input));
    for (String[] op : operations) {
      results.add(apply(op, results.get(Integer.parseInt(op[1])), results, training));
    }
    return results.get(results.size() - 1);
  }

  private Tensor apply(String[] op, Tensor x, List<Tensor> results, boolean training) {
    return switch (op[0]) {
      case "conv2d" ->
          torch.conv2d(
              x,
              tensors.get(op[2]),
              new TensorOptional(),
              both(op[3]),
              both(op[4]),
              new long[] {1, 1},
              1);
      case "batch_norm" ->
          torch.batch_norm(
              x,
              optional(op[2] + ".weight"),
              optional(op[2] + ".bias"),
              optional(op[2] + ".running_mean"),
              optional(op[2] + ".running_var"),
              training,
              0.1,
              Double.parseDouble(op[3]),
              false);
      case "relu" -> x.relu_();
      case "add" -> x.add(results.get(Integer.parseInt(op[2])));
      case "max_pool" ->
          torch.max_pool2d(x, both(op[2]), both(op[3]), both(op[4]), new long[] {1, 1}, false);
      case "avg_pool" ->
          torch.avg_pool2d(
              x, both(op[2]), both(op[3]), new long[] {0, 0}, false, true, new LongOptional());
      case "select" -> x.index_select(1, channels(op));
      case "flatten" -> x.flatten(1, -1);
      case "linear" ->
          torch.linear(x, tensors.get(op[2] + ".weight"), optional(op[2] + ".bias"));
      default -> throw new IllegalArgumentException("unknown operation " + op[0]);
    };
  }

  private Tensor channels(String[] op) {
    return channelLists.computeIfAbsent(
        op[2],
        k -> integers(Arrays.stream(k.split(",")).mapToLong(Long::parseLong).toArray()));
  }

  private TensorOptional optional(String name) {
    return new TensorOptional(tensors.get(name));
  }

  private static long[] both(String value) {
    long v = Long.parseLong(value);
    return new long[] {v, v};
  }

  /** Writes the fp32 values of all tensors in the order of the description. */
  void save(Path file) throws IOException {
    try (FileChannel out =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      for (Tensor t : tensors.values()) {
        Tensor plain = t.detach().to(torch.ScalarType.Float).contiguous();
        float[] values = new float[(int) plain.numel()];
        plain.data_ptr_float().get(values);
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        out.write(bytes);
      }
    }
  }
}
