package io.earlybird.models;

import io.earlybird.EarlybirdException;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.Convolution;
import io.earlybird.nn.ForwardPass;
import io.earlybird.nn.FullyConnected;
import io.earlybird.nn.Width;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.op.MaxPool2d;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * VGG with batch norm for small pictures (Simonyan and Zisserman 2014, as network slimming uses
 * it): 3x3 convolution, batch norm and ReLU per width, a 2x2 max pooling per {@code 'M'}, then 2x2
 * average pooling and one linear layer.
 */
final class Vgg extends StandardNetwork {
  static final Family FAMILY =
      new Family() {
        @Override
        public int defaultDepth() {
          return DEFAULT_DEPTH;
        }

        @Override
        public int depthOf(Cfg cfg) {
          return cfg.widths().size() + UNCOUNTED;
        }

        @Override
        public Cfg standardCfg(int depth) {
          return Vgg.standardCfg(depth);
        }

        @Override
        public void check(int depth, Cfg cfg, int inputSize) {
          Vgg.check(depth, cfg, inputSize);
        }

        @Override
        public StandardNetwork build(NetworkSpec spec, Map<String, HostTensor> state, int group) {
          return new Vgg(spec, group);
        }
      };

  private static final int DEFAULT_DEPTH = 19;

  /** Layers that the usual depth counts beyond the convolutions. */
  private static final int UNCOUNTED = 3;

  private static final float INITIAL_SCALE = 0.5f;

  /** Convolutions per stage by depth; the stages have 64, 128, 256, 512 and 512 channels. */
  private static final Map<Integer, int[]> STAGES =
      new TreeMap<>(
          Map.of(
              11, new int[] {1, 1, 2, 2, 2},
              13, new int[] {2, 2, 2, 2, 2},
              16, new int[] {2, 2, 3, 3, 3},
              19, new int[] {2, 2, 4, 4, 4}));

  private static final int[] STAGE_WIDTHS = {64, 128, 256, 512, 512};

  /** One entry of the feature list: a convolution with its batch norm, or a pooling. */
  private record Step(int index, Convolution convolution, BatchNorm2d norm) {}

  private final List<Step> steps = new ArrayList<>();
  private final FullyConnected classifier;

  Vgg(NetworkSpec spec, int group) {
    super(spec, Map.of(), group);
    Cfg cfg = spec.widths();
    Width channels = Width.of(3);
    int index = 0;
    for (int i = 0; i < cfg.size(); i++) {
      if (cfg.isPool(i)) {
        steps.add(new Step(index++, null, null));
      } else {
        Width width = width(cfg.width(i));
        steps.add(
            new Step(
                index,
                add(new Convolution(feature(index), channels, width, 3, 1, 1)),
                batchNorm(feature(index + 1), width, INITIAL_SCALE)));
        channels = width;
        index += 3;
      }
    }
    classifier =
        add(
            new FullyConnected(
                "classifier", channels, spec.classes(), FullyConnected.Start.NORMAL));
  }

  private static String feature(int index) {
    return "feature." + index;
  }

  private static Cfg standardCfg(int depth) {
    int[] stages = STAGES.get(depth);
    List<Object> entries = new ArrayList<>();
    for (int s = 0; s < stages.length; s++) {
      for (int i = 0; i < stages[s]; i++) {
        entries.add(STAGE_WIDTHS[s]);
      }
      if (s < stages.length - 1) {
        entries.add("M");
      }
    }
    return Cfg.of(entries);
  }

  private static void check(int depth, Cfg cfg, int inputSize) {
    if (cfg == null && !STAGES.containsKey(depth)) {
      throw new EarlybirdException(
          "vgg: unknown depth " + depth + ", expected one of " + STAGES.keySet() + " or a cfg");
    }
    Cfg widths = cfg == null ? standardCfg(depth) : cfg;
    if (widths.widths().isEmpty() || widths.isPool(widths.size() - 1)) {
      throw new EarlybirdException("vgg: cfg must end in a width: " + widths);
    }
    int pools = widths.pools();
    if (pools > 28 || inputSize != 2 << pools) {
      throw new EarlybirdException(
          String.format(
              "vgg: %d poolings and the final average pooling want pictures of 2^%d pixels a side,"
                  + " got %d (cfg %s)",
              pools, pools + 1, inputSize, widths));
    }
  }

  @Override
  public Tensor forward(Tensor x, ForwardPass pass) {
    for (Step step : steps) {
      if (step.convolution() == null) {
        x = x.applyNode(new MaxPool2d(2, 2, 0), feature(step.index())).output(0);
      } else {
        x = step.norm().forward(step.convolution().forward(x, pass), pass);
        x = relu(x, feature(step.index() + 2));
      }
    }
    x = x.avgPool2d(2, 2);
    return classifier.forward(x.reshape(x.shape().dim(0), x.shape().dim(3)), pass);
  }

  @Override
  public Cfg widthsOf(Map<String, HostTensor> state) {
    List<Integer> widths =
        steps.stream()
            .filter(s -> s.convolution() != null)
            .map(s -> state.get(s.convolution().weight().name()).shape().dim(0))
            .toList();
    return spec().widths().withWidths(widths);
  }
}
