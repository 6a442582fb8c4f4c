package io.earlybird.nn;

import io.earlybird.random.Philox;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.Linear;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A 1x1 convolution with bias: {@code [N,H,W,I]} to {@code [N,OH,OW,O]}. It is a linear layer over
 * the pixels that its stride meets.
 */
public final class PointwiseConvolution implements Layer {
  private final String name;
  private final Variable weight;
  private final Variable bias;
  private final int stride;

  /**
   * A convolution.
   *
   * @param name layer name, prefix of its state
   * @param inputs input channels
   * @param outputs output channels
   * @param stride step in rows and columns
   */
  public PointwiseConvolution(String name, int inputs, int outputs, int stride) {
    this(name, Width.of(inputs), Width.of(outputs), stride);
  }

  /** The same with room for more channels. */
  public PointwiseConvolution(String name, Width inputs, Width outputs, int stride) {
    this.name = name;
    this.weight =
        Variable.parameter(
            name + ".weight",
            TensorSpec.f32(outputs.channels(), inputs.channels(), 1, 1),
            TensorSpec.f32(outputs.room(), inputs.room(), 1, 1));
    this.bias =
        Variable.parameter(
            name + ".bias", TensorSpec.f32(outputs.channels()), TensorSpec.f32(outputs.room()));
    this.stride = stride;
  }

  /** Adds the layer to a graph, and what the pass puts around it. */
  public Tensor forward(Tensor x, ForwardPass pass) {
    Shape w = weight.stored().shape();
    // A window of one pixel: exact, in the forward and in the backward pass.
    ForwardPass.Around around = pass.around();
    Tensor met = around.input(stride == 1 ? x : x.avgPool2d(1, stride), name);
    Tensor read = around.weight(weight.read());
    Shape pixels = met.shape();
    Tensor y =
        met.reshape((int) pixels.rows(), w.dim(1))
            .applyNode(new Linear(), name, read.reshape(w.dim(0), w.dim(1)), bias.read())
            .output(0)
            .reshape(pixels.dim(0), pixels.dim(1), pixels.dim(2), w.dim(0));
    return around.result(y, name);
  }

  @Override
  public String name() {
    return name;
  }

  /** The weight, {@code [O,I,1,1]}. */
  public Variable weight() {
    return weight;
  }

  /** The bias, {@code [O]}. */
  public Variable bias() {
    return bias;
  }

  @Override
  public List<StateEntry> state() {
    return List.of(new StateEntry.Stored(weight), new StateEntry.Stored(bias));
  }

  /** Weight as of any convolution; bias uniform within {@code 1 / sqrt(I)}: PyTorch's default. */
  @Override
  public Map<Variable, HostTensor> initialValues(long seed) {
    float[] values = new float[bias.shape().dim(0)];
    double bound = 1 / StrictMath.sqrt(weight.shape().dim(1));
    Philox.fillUniform(seed, 0, Philox.hash(bias.name(), "init"), -bound, bound, values);
    Map<Variable, HostTensor> out = new LinkedHashMap<>();
    out.put(weight, Convolution.initialWeight(weight, seed));
    out.put(bias, HostTensor.of(values, values.length));
    return out;
  }
}
