package io.earlybird.models;

import io.earlybird.EarlybirdException;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.Convolution;
import io.earlybird.nn.ForwardPass;
import io.earlybird.nn.Width;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * ResNet-50: blocks of a 1x1, a 3x3 (which has the stride) and a 1x1 convolution. As in the
 * original, downsampling convolutions have a bias.
 *
 * <p>Widths are the original's: the first convolution's, twice, then per block those of its three
 * convolutions. The third of a stage's first block is the stream's, which all its blocks have
 * whatever their own third number says. A list with one number per batch norm, downsampling ones
 * included, is read as the original reads it: the stream has the larger of the two widths.
 */
final class BottleneckResNet extends ResNet {
  static final Family FAMILY = new BottleneckFamily();

  private static final int DEPTH = 50;
  private static final int EXPANSION = 4;
  private static final int[] BLOCKS = {3, 4, 6, 3};
  private static final int ENTRIES = 50;

  /** Entries of a list with one per batch norm. */
  private static final int NORMS = 53;

  BottleneckResNet(NetworkSpec spec, int group) {
    super(spec, Map.of(), group, spec.widths().width(0));
    Cfg cfg = spec.widths();
    int stream = cfg.width(0);
    int entry = 2;
    for (int s = 0; s < STAGES; s++) {
      int outputs = cfg.width(entry + 2);
      for (int b = 0; b < BLOCKS[s]; b++) {
        int stride = s > 0 && b == 0 ? 2 : 1;
        add(
            new Bottleneck(
                name(s, b),
                width(stream),
                width(cfg.width(entry)),
                width(cfg.width(entry + 1)),
                width(outputs),
                stride,
                b == 0));
        stream = outputs;
        entry += 3;
      }
    }
    addClassifier(stream);
  }

  /** 1x1, norm, 3x3, norm, 1x1, norm, plus the stream. */
  private final class Bottleneck implements Block {
    private final String name;
    private final Convolution conv1;
    private final BatchNorm2d norm1;
    private final Convolution conv2;
    private final BatchNorm2d norm2;
    private final Convolution conv3;
    private final BatchNorm2d norm3;
    private final Downsample downsample;

    Bottleneck(
        String name,
        Width inputs,
        Width first,
        Width second,
        Width outputs,
        int stride,
        boolean begins) {
      this.name = name;
      conv1 = add(new Convolution(name + ".conv1", inputs, first, 1, 1, 0));
      norm1 = batchNorm(name + ".bn1", first, INITIAL_SCALE);
      conv2 = add(new Convolution(name + ".conv2", first, second, 3, stride, 1));
      norm2 = batchNorm(name + ".bn2", second, INITIAL_SCALE);
      conv3 = add(new Convolution(name + ".conv3", second, outputs, 1, 1, 0));
      norm3 = batchNorm(name + ".bn3", outputs, INITIAL_SCALE);
      downsample = begins ? new Downsample(name, inputs, outputs, stride, true) : null;
    }

    @Override
    public Tensor forward(Tensor x, ForwardPass pass) {
      String relu = name + ".relu";
      Tensor y = relu(norm1.forward(conv1.forward(x, pass), pass), relu);
      y = relu(norm2.forward(conv2.forward(y, pass), pass), relu);
      y = norm3.forward(conv3.forward(y, pass), pass);
      return relu(y.add(downsample == null ? x : downsample.forward(x, pass)), relu);
    }
  }

  private static String name(int stage, int block) {
    return "layer" + (stage + 1) + "." + block;
  }

  @Override
  public Cfg widthsOf(Map<String, HostTensor> state) {
    List<Object> widths = new ArrayList<>();
    int stem = extent(state, "conv1.weight", 0);
    Collections.addAll(widths, stem, stem);
    for (int s = 0; s < STAGES; s++) {
      for (int b = 0; b < BLOCKS[s]; b++) {
        for (int c = 1; c <= 3; c++) {
          widths.add(extent(state, name(s, b) + ".conv" + c + ".weight", 0));
        }
      }
    }
    return Cfg.of(widths);
  }

  private static final class BottleneckFamily implements Family {
    @Override
    public int defaultDepth() {
      return DEPTH;
    }

    @Override
    public int depthOf(Cfg cfg) {
      return DEPTH;
    }

    @Override
    public Cfg standardCfg(int depth) {
      List<Object> widths = new ArrayList<>();
      Collections.addAll(widths, PLANES[0], PLANES[0]);
      for (int s = 0; s < STAGES; s++) {
        for (int b = 0; b < BLOCKS[s]; b++) {
          Collections.addAll(widths, PLANES[s], PLANES[s], PLANES[s] * EXPANSION);
        }
      }
      return Cfg.of(widths);
    }

    @Override
    public Cfg canonical(Cfg cfg) {
      if (cfg.pools() > 0 || (cfg.size() != ENTRIES && cfg.size() != NORMS)) {
        return cfg;
      }
      boolean perNorm = cfg.size() == NORMS;
      List<Object> widths = new ArrayList<>();
      Collections.addAll(widths, cfg.width(0), cfg.width(0));
      int at = perNorm ? 1 : 2;
      for (int s = 0; s < STAGES; s++) {
        int stream = cfg.width(at + 2);
        if (perNorm) {
          stream = Math.max(stream, cfg.width(at + 3));
        }
        for (int b = 0; b < BLOCKS[s]; b++) {
          Collections.addAll(widths, cfg.width(at), cfg.width(at + 1), stream);
          at += perNorm && b == 0 ? 4 : 3;
        }
      }
      return Cfg.of(widths);
    }

    @Override
    public void check(int depth, Cfg cfg, int inputSize) {
      ResNet.check("resnet50", DEPTH, depth, inputSize);
      if (cfg != null && (cfg.pools() > 0 || cfg.size() != ENTRIES)) {
        throw new EarlybirdException(
            String.format(
                "resnet50: wants a cfg of %d widths, or of %d with one per batch norm, got %s",
                ENTRIES, NORMS, cfg));
      }
    }

    @Override
    public boolean takesAnySize() {
      return true;
    }

    @Override
    public StandardNetwork build(NetworkSpec spec, Map<String, HostTensor> state, int group) {
      return new BottleneckResNet(spec, group);
    }
  }
}
