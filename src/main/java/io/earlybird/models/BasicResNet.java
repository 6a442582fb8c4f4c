package io.earlybird.models;

import io.earlybird.EarlybirdException;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ChannelSelection;
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
 * ResNet-18 and ResNet-34: blocks of two 3x3 convolutions, each block's branch beginning with a
 * channel selection on the stream.
 *
 * <p>Widths: per block the channels selected and those of its first convolution. The original's
 * lists have one number more, for the last batch norm, which nothing reads. Where streams are
 * narrower than 64, 128, 256 and 512 channels, their four widths follow.
 */
final class BasicResNet extends ResNet {
  /** Blocks per stage by depth. */
  private static final Map<Integer, int[]> BLOCKS =
      Map.of(18, new int[] {2, 2, 2, 2}, 34, new int[] {3, 4, 6, 3});

  /** Belongs to the original's state dict, but no forward pass uses it. */
  private static final String UNUSED_SELECTION = "select";

  BasicResNet(NetworkSpec spec, Map<String, HostTensor> given, int group) {
    super(spec, given, group, streams(spec)[0]);
    Cfg cfg = spec.widths();
    int[] blocks = BLOCKS.get(spec.depth());
    int[] streams = streams(spec);
    int entry = 0;
    for (int s = 0; s < STAGES; s++) {
      for (int b = 0; b < blocks[s]; b++) {
        boolean begins = s > 0 && b == 0;
        add(
            new BasicBlock(
                name(s, b),
                streams[begins ? s - 1 : s],
                cfg.width(entry),
                width(cfg.width(entry + 1)),
                width(streams[s]),
                begins));
        entry += 2;
      }
    }
    addClassifier(streams[STAGES - 1]);
    selection(UNUSED_SELECTION, PLANES[0], PLANES[0]);
  }

  /** Select, 3x3, norm, 3x3, norm, plus the stream. */
  private final class BasicBlock implements Block {
    private final String name;
    private final ChannelSelection selection;
    private final Convolution conv1;
    private final BatchNorm2d norm1;
    private final Convolution conv2;
    private final BatchNorm2d norm2;
    private final Downsample downsample;

    BasicBlock(String name, int inputs, int selected, Width first, Width outputs, boolean begins) {
      this.name = name;
      int stride = begins ? 2 : 1;
      selection = selection(name + ".select", inputs, selected);
      conv1 =
          add(new Convolution(name + ".conv1", selected(inputs, selected), first, 3, stride, 1));
      norm1 = batchNorm(name + ".bn1", first, INITIAL_SCALE);
      conv2 = add(new Convolution(name + ".conv2", first, outputs, 3, 1, 1));
      norm2 = batchNorm(name + ".bn2", outputs, INITIAL_SCALE);
      downsample = begins ? new Downsample(name, width(inputs), outputs, stride, false) : null;
    }

    @Override
    public Tensor forward(Tensor x, ForwardPass pass) {
      String relu = name + ".relu";
      Tensor y = conv1.forward(selection.forward(x, pass), pass);
      y = relu(norm1.forward(y, pass), relu);
      y = norm2.forward(conv2.forward(y, pass), pass);
      return relu(y.add(downsample == null ? x : downsample.forward(x, pass)), relu);
    }
  }

  private static String name(int stage, int block) {
    return "layer" + (stage + 1) + "." + block;
  }

  private static int[] streams(NetworkSpec spec) {
    Cfg cfg = spec.widths();
    int blocks = blocks(spec.depth());
    int[] streams = PLANES.clone();
    for (int s = 0; s < STAGES && cfg.size() > 2 * blocks; s++) {
      streams[s] = cfg.width(2 * blocks + s);
    }
    return streams;
  }

  private static int blocks(int depth) {
    int sum = 0;
    for (int n : BLOCKS.get(depth)) {
      sum += n;
    }
    return sum;
  }

  @Override
  public Cfg widthsOf(Map<String, HostTensor> state) {
    List<Object> widths = new ArrayList<>();
    int[] blocks = BLOCKS.get(spec().depth());
    for (int s = 0; s < STAGES; s++) {
      for (int b = 0; b < blocks[s]; b++) {
        widths.add(extent(state, name(s, b) + ".conv1.weight", 1));
        widths.add(extent(state, name(s, b) + ".conv1.weight", 0));
      }
    }
    for (int s = 0; s < STAGES; s++) {
      widths.add(extent(state, name(s, 0) + ".conv2.weight", 0));
    }
    return canonical(spec().depth(), Cfg.of(widths));
  }

  private static Cfg standardCfg(int depth) {
    List<Object> widths = new ArrayList<>();
    int stream = PLANES[0];
    for (int s = 0; s < STAGES; s++) {
      for (int b = 0; b < BLOCKS.get(depth)[s]; b++) {
        Collections.addAll(widths, stream, PLANES[s]);
        stream = PLANES[s];
      }
    }
    return Cfg.of(widths);
  }

  private static Cfg canonical(int depth, Cfg cfg) {
    int used = 2 * blocks(depth);
    List<Object> all = cfg.toList();
    boolean whole =
        cfg.size() == used + STAGES && all.subList(used, used + STAGES).equals(planes());
    return whole || cfg.size() == used + 1 ? Cfg.of(all.subList(0, used)) : cfg;
  }

  private static List<Object> planes() {
    List<Object> planes = new ArrayList<>();
    for (int p : PLANES) {
      planes.add(p);
    }
    return planes;
  }

  /** The networks of one depth, 18 or 34. */
  static Family family(int depth) {
    return new Family() {
      @Override
      public int defaultDepth() {
        return depth;
      }

      @Override
      public int depthOf(Cfg cfg) {
        return depth;
      }

      @Override
      public Cfg standardCfg(int given) {
        return BasicResNet.standardCfg(depth);
      }

      @Override
      public Cfg canonical(Cfg cfg) {
        return BasicResNet.canonical(depth, cfg);
      }

      @Override
      public void check(int given, Cfg cfg, int inputSize) {
        String arch = "resnet" + depth;
        ResNet.check(arch, depth, given, inputSize);
        int used = 2 * blocks(depth);
        if (cfg != null && (cfg.pools() > 0 || (cfg.size() != used && cfg.size() != used + 4))) {
          throw new EarlybirdException(
              String.format(
                  "%s: wants a cfg of %d widths, %d as the original writes it, or %d with those of"
                      + " the streams, got %s",
                  arch, used, used + 1, used + STAGES, cfg));
        }
      }

      @Override
      public boolean takesAnySize() {
        return true;
      }

      @Override
      public StandardNetwork build(NetworkSpec spec, Map<String, HostTensor> state, int group) {
        return new BasicResNet(spec, state, group);
      }
    };
  }
}
