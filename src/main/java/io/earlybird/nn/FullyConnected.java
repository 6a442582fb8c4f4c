package io.earlybird.nn;

import io.earlybird.random.Philox;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.Linear;
import java.util.List;
import java.util.Map;

/** A linear layer with bias: {@code [N,I]} to {@code [N,O]}. */
public final class FullyConnected implements Layer {
  /** How the layer starts. */
  public enum Start {
    /** Weight normal with deviation 0.01, bias zero: VGG's classifier. */
    NORMAL,
    /** Weight and bias uniform within {@code 1 / sqrt(I)}: PyTorch's default. */
    UNIFORM
  }

  private final String name;
  private final Variable weight;
  private final Variable bias;
  private final Start start;

  /** A layer from {@code inputs} to {@code outputs} features. */
  public FullyConnected(String name, int inputs, int outputs, Start start) {
    this(name, Width.of(inputs), outputs, start);
  }

  /** The same with room for more features that come in. */
  public FullyConnected(String name, Width inputs, int outputs, Start start) {
    this.name = name;
    this.weight =
        Variable.parameter(
            name + ".weight",
            TensorSpec.f32(outputs, inputs.channels()),
            TensorSpec.f32(outputs, inputs.room()));
    this.bias = Variable.parameter(name + ".bias", outputs);
    this.start = start;
  }

  /** Adds the layer alone to a graph. */
  public Tensor forward(Tensor x) {
    return forward(x, weight.read());
  }

  /** Adds the layer to a graph, and what the pass puts before it. */
  public Tensor forward(Tensor x, ForwardPass pass) {
    ForwardPass.Around around = pass.around();
    return forward(around.input(x, name), around.weight(weight.read()));
  }

  private Tensor forward(Tensor x, Tensor w) {
    return x.applyNode(new Linear(), name, w, bias.read()).output(0);
  }

  @Override
  public String name() {
    return name;
  }

  /** The weight, {@code [O,I]}. */
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

  @Override
  public Map<Variable, HostTensor> initialValues(long seed) {
    float[] w = new float[Math.toIntExact(weight.shape().size())];
    float[] b = new float[Math.toIntExact(bias.shape().size())];
    int weightStream = Philox.hash(weight.name(), "init");
    if (start == Start.NORMAL) {
      Philox.fillNormal(seed, 0, weightStream, 0, 0.01, w);
    } else {
      double bound = 1 / StrictMath.sqrt(weight.shape().dim(1));
      Philox.fillUniform(seed, 0, weightStream, -bound, bound, w);
      Philox.fillUniform(seed, 0, Philox.hash(bias.name(), "init"), -bound, bound, b);
    }
    return Map.of(weight, host(w, weight.spec()), bias, host(b, bias.spec()));
  }

  private static HostTensor host(float[] values, TensorSpec spec) {
    return HostTensor.of(values, spec.shape().dims());
  }
}
