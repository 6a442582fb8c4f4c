package io.earlybird.nn;

import io.earlybird.random.Philox;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.Conv2d;
import java.util.List;
import java.util.Map;

/** A convolution without bias: {@code [N,H,W,I]} to {@code [N,OH,OW,O]}. */
public final class Convolution implements Layer {
  private final String name;
  private final Variable weight;
  private final int stride;
  private final int padding;

  /**
   * A convolution with a square window.
   *
   * @param name layer name; the weight is {@code name.weight}
   * @param inputs input channels
   * @param outputs output channels
   * @param kernel extent of the window
   * @param stride step of the window
   * @param padding zeros on each side
   */
  public Convolution(String name, int inputs, int outputs, int kernel, int stride, int padding) {
    this(name, Width.of(inputs), Width.of(outputs), kernel, stride, padding);
  }

  /** The same with room for more channels. */
  public Convolution(
      String name, Width inputs, Width outputs, int kernel, int stride, int padding) {
    this.name = name;
    this.weight =
        Variable.parameter(
            name + ".weight",
            TensorSpec.f32(outputs.channels(), inputs.channels(), kernel, kernel),
            TensorSpec.f32(outputs.room(), inputs.room(), kernel, kernel));
    this.stride = stride;
    this.padding = padding;
  }

  /** Adds the layer alone to a graph. */
  public Tensor forward(Tensor x) {
    return forward(x, weight.read());
  }

  /** Adds the layer to a graph, and what the pass puts around it. */
  public Tensor forward(Tensor x, ForwardPass pass) {
    ForwardPass.Around around = pass.around();
    Tensor y = forward(around.input(x, name), around.weight(weight.read()));
    return around.result(y, name);
  }

  private Tensor forward(Tensor x, Tensor w) {
    return x.applyNode(new Conv2d(stride, padding), name, w).output(0);
  }

  @Override
  public String name() {
    return name;
  }

  /** The weight, {@code [O,I,K,K]}. */
  public Variable weight() {
    return weight;
  }

  @Override
  public List<StateEntry> state() {
    return List.of(new StateEntry.Stored(weight));
  }

  /** Normal with deviation {@code sqrt(2 / (K K O))} (He et al. 2015, fan-out). */
  @Override
  public Map<Variable, HostTensor> initialValues(long seed) {
    return Map.of(weight, initialWeight(weight, seed));
  }

  static HostTensor initialWeight(Variable weight, long seed) {
    Shape w = weight.shape();
    double deviation = StrictMath.sqrt(2.0 / ((double) w.dim(2) * w.dim(3) * w.dim(0)));
    float[] values = new float[Math.toIntExact(w.size())];
    Philox.fillNormal(seed, 0, Philox.hash(weight.name(), "init"), 0, deviation, values);
    return HostTensor.of(values, w.dims());
  }
}
