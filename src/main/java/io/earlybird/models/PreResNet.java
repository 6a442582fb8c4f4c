package io.earlybird.models;

import io.earlybird.EarlybirdException;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ChannelSelection;
import io.earlybird.nn.Convolution;
import io.earlybird.nn.ForwardPass;
import io.earlybird.nn.FullyConnected;
import io.earlybird.nn.Width;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Pre-activation ResNet for small pictures (He et al. 2016) of depth 9n+2: three stages of n
 * bottlenecks. A channel selection follows the first batch norm of each block and the last one of
 * the network. Widths: per block the channels selected and those of its first and second
 * convolution, then those selected before the linear layer.
 */
final class PreResNet extends StandardNetwork {
  static final Family FAMILY =
      new Family() {
        @Override
        public int defaultDepth() {
          return DEFAULT_DEPTH;
        }

        @Override
        public int depthOf(Cfg cfg) {
          return cfg.size() + 1;
        }

        @Override
        public Cfg standardCfg(int depth) {
          return PreResNet.standardCfg(depth);
        }

        @Override
        public void check(int depth, Cfg cfg, int inputSize) {
          PreResNet.check(depth, cfg, inputSize);
        }

        @Override
        public StandardNetwork build(NetworkSpec spec, Map<String, HostTensor> state, int group) {
          return new PreResNet(spec, state, group);
        }
      };

  private static final int DEFAULT_DEPTH = 164;
  private static final int EXPANSION = 4;
  private static final int STAGES = 3;
  private static final int[] PLANES = {16, 32, 64};
  private static final float INITIAL_SCALE = 0.5f;

  private final Convolution stem;
  private final List<Block> blocks = new ArrayList<>();
  private final BatchNorm2d norm;
  private final ChannelSelection selection;
  private final FullyConnected classifier;

  PreResNet(NetworkSpec spec, Map<String, HostTensor> given, int group) {
    super(spec, given, group);
    Cfg cfg = spec.widths();
    int perStage = (spec.depth() - 2) / 9;
    int entry = 0;
    int stream = PLANES[0];
    stem = add(new Convolution("conv1", Width.of(3), width(stream), 3, 1, 1));
    for (int s = 0; s < STAGES; s++) {
      for (int b = 0; b < perStage; b++) {
        int stride = s > 0 && b == 0 ? 2 : 1;
        blocks.add(new Block("layer" + (s + 1) + "." + b, stream, PLANES[s], stride, cfg, entry));
        stream = PLANES[s] * EXPANSION;
        entry += 3;
      }
    }
    norm = batchNorm("bn", width(stream), INITIAL_SCALE);
    selection = selection("select", stream, cfg.width(entry));
    classifier =
        add(
            new FullyConnected(
                "fc",
                selected(stream, cfg.width(entry)),
                spec.classes(),
                FullyConnected.Start.UNIFORM));
  }

  /** A bottleneck: norm, select, 1x1, norm, 3x3, norm, 1x1, plus the stream. */
  private final class Block {
    private final String name;
    private final BatchNorm2d norm1;
    private final ChannelSelection selection;
    private final Convolution conv1;
    private final BatchNorm2d norm2;
    private final Convolution conv2;
    private final BatchNorm2d norm3;
    private final Convolution conv3;
    private final Convolution downsample;

    Block(String name, int stream, int planes, int stride, Cfg cfg, int entry) {
      this.name = name;
      Width first = width(cfg.width(entry + 1));
      Width second = width(cfg.width(entry + 2));
      Width out = width(planes * EXPANSION);
      norm1 = batchNorm(name + ".bn1", width(stream), INITIAL_SCALE);
      selection = selection(name + ".select", stream, cfg.width(entry));
      conv1 =
          add(new Convolution(name + ".conv1", selected(stream, cfg.width(entry)), first, 1, 1, 0));
      norm2 = batchNorm(name + ".bn2", first, INITIAL_SCALE);
      conv2 = add(new Convolution(name + ".conv2", first, second, 3, stride, 1));
      norm3 = batchNorm(name + ".bn3", second, INITIAL_SCALE);
      conv3 = add(new Convolution(name + ".conv3", second, out, 1, 1, 0));
      downsample =
          stride == 1 && stream == out.channels()
              ? null
              : add(new Convolution(name + ".downsample.0", width(stream), out, 1, stride, 0));
    }

    Tensor forward(Tensor x, ForwardPass pass) {
      String relu = name + ".relu";
      Tensor y = relu(selection.forward(norm1.forward(x, pass), pass), relu);
      y = relu(norm2.forward(conv1.forward(y, pass), pass), relu);
      y = relu(norm3.forward(conv2.forward(y, pass), pass), relu);
      return conv3.forward(y, pass).add(downsample == null ? x : downsample.forward(x, pass));
    }
  }

  private static Cfg standardCfg(int depth) {
    int perStage = (depth - 2) / 9;
    List<Object> entries = new ArrayList<>();
    int stream = PLANES[0];
    for (int planes : PLANES) {
      for (int b = 0; b < perStage; b++) {
        entries.addAll(List.of(stream, planes, planes));
        stream = planes * EXPANSION;
      }
    }
    entries.add(stream);
    return Cfg.of(entries);
  }

  private static void check(int depth, Cfg cfg, int inputSize) {
    if (depth < 11 || (depth - 2) % 9 != 0) {
      throw new EarlybirdException(
          "resnet: unknown depth "
              + depth
              + ", expected 9n+2: 11, 20, 29, 38, 47, 56, 65, 74, 83, 92, 101, 110, ..., 164, ...");
    }
    if (cfg != null && (cfg.pools() > 0 || cfg.size() != depth - 1)) {
      throw new EarlybirdException(
          "resnet: depth " + depth + " wants a cfg of " + (depth - 1) + " widths, got " + cfg);
    }
    if (inputSize < 4 || inputSize % 4 != 0) {
      throw new EarlybirdException(
          "resnet: expected pictures of a multiple of 4 pixels a side, got " + inputSize);
    }
  }

  @Override
  public Tensor forward(Tensor x, ForwardPass pass) {
    x = stem.forward(x, pass);
    for (Block block : blocks) {
      x = block.forward(x, pass);
    }
    x = relu(selection.forward(norm.forward(x, pass), pass), "relu");
    int extent = x.shape().dim(1);
    x = x.avgPool2d(extent, extent);
    return classifier.forward(x.reshape(x.shape().dim(0), x.shape().dim(3)), pass);
  }

  @Override
  public Cfg widthsOf(Map<String, HostTensor> state) {
    List<Integer> widths = new ArrayList<>();
    for (Block block : blocks) {
      widths.add(state.get(block.conv1.weight().name()).shape().dim(1));
      widths.add(state.get(block.conv1.weight().name()).shape().dim(0));
      widths.add(state.get(block.conv2.weight().name()).shape().dim(0));
    }
    widths.add(state.get(classifier.weight().name()).shape().dim(1));
    return spec().widths().withWidths(widths);
  }
}
