package io.earlybird.models;

import io.earlybird.EarlybirdException;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.Convolution;
import io.earlybird.nn.ForwardPass;
import io.earlybird.nn.FullyConnected;
import io.earlybird.nn.PointwiseConvolution;
import io.earlybird.nn.Width;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.MaxPool2d;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * What the ResNets for ImageNet (He et al. 2015) have in common: a 7x7 convolution with stride 2,
 * batch norm, ReLU and a 3x3 max pooling with stride 2; four stages of blocks, the later three of
 * which halve rows and columns; global average pooling and a linear layer. All blocks of a stage
 * add to one stream of channels.
 */
abstract sealed class ResNet extends StandardNetwork permits BasicResNet, BottleneckResNet {
  static final int STAGES = 4;
  static final int[] PLANES = {64, 128, 256, 512};
  static final float INITIAL_SCALE = 1f;

  private static final int SMALLEST_PICTURE = 32;

  /** A block: a branch that is added to the stream. */
  interface Block {
    Tensor forward(Tensor x, ForwardPass pass);
  }

  /** Brings the stream into a new stage: a 1x1 convolution and its batch norm. */
  final class Downsample {
    private final BiFunction<Tensor, ForwardPass, Tensor> convolution;
    private final BatchNorm2d norm;

    /**
     * Registers the two layers.
     *
     * @param biased whether the convolution has a bias, which the norm makes useless
     */
    Downsample(String block, Width inputs, Width outputs, int stride, boolean biased) {
      String name = block + ".downsample.0";
      convolution =
          biased
              ? add(new PointwiseConvolution(name, inputs, outputs, stride))::forward
              : add(new Convolution(name, inputs, outputs, 1, stride, 0))::forward;
      norm = batchNorm(block + ".downsample.1", outputs, INITIAL_SCALE);
    }

    Tensor forward(Tensor x, ForwardPass pass) {
      return norm.forward(convolution.apply(x, pass), pass);
    }
  }

  private final Convolution stem;
  private final BatchNorm2d stemNorm;
  private final List<Block> blocks = new ArrayList<>();
  private FullyConnected classifier;

  /**
   * The stem; blocks and classifier follow.
   *
   * @param width channels of the first convolution
   */
  ResNet(NetworkSpec spec, Map<String, HostTensor> given, int group, int width) {
    super(spec, given, group);
    stem = add(new Convolution("conv1", Width.of(3), width(width), 7, 2, 3));
    stemNorm = batchNorm("bn1", width(width), INITIAL_SCALE);
  }

  final void add(Block block) {
    blocks.add(block);
  }

  /** Registers the linear layer, after all blocks. */
  final void addClassifier(int channels) {
    classifier =
        add(
            new FullyConnected(
                "fc", width(channels), spec().classes(), FullyConnected.Start.UNIFORM));
  }

  @Override
  public final Tensor forward(Tensor x, ForwardPass pass) {
    x = relu(stemNorm.forward(stem.forward(x, pass), pass), "relu");
    x = x.applyNode(new MaxPool2d(3, 2, 1), "maxpool").output(0);
    for (Block block : blocks) {
      x = block.forward(x, pass);
    }
    int extent = x.shape().dim(1);
    x = x.applyNode(new AvgPool2d(extent, extent), "avgpool").output(0);
    return classifier.forward(x.reshape(x.shape().dim(0), x.shape().dim(3)), pass);
  }

  /** Extent of a dimension of a tensor in a state dict. */
  static int extent(Map<String, HostTensor> state, String name, int dim) {
    return state.get(name).shape().dim(dim);
  }

  /** Checks what all of them ask for. */
  static void check(String arch, int wanted, int depth, int inputSize) {
    if (depth != wanted) {
      throw new EarlybirdException(arch + ": its depth is " + wanted + ", not " + depth);
    }
    if (inputSize < SMALLEST_PICTURE) {
      throw new EarlybirdException(
          String.format(
              "%s: expected pictures of at least %d pixels a side, got %d",
              arch, SMALLEST_PICTURE, inputSize));
    }
  }
}
