package io.earlybird.nn;

import io.earlybird.EarlybirdException;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.Increment;
import io.earlybird.tensor.op.UpdateAverage;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Batch norm over the rows of {@code [N,H,W,C]} with running statistics. The magnitudes of its
 * scale are what tickets are drawn from.
 */
public final class BatchNorm2d implements Layer {
  /** Added to the variance, as in PyTorch. */
  public static final float EPSILON = 1e-5f;

  /** Default share of the newest batch in the running statistics. */
  public static final float DEFAULT_MOMENTUM = 0.1f;

  private final String name;
  private final Variable weight;
  private final Variable bias;
  private final Variable runningMean;
  private final Variable runningVar;
  private final Variable batchesTracked;
  private final Variable momentum;
  private final float initialScale;

  /**
   * A layer over {@code channels} channels.
   *
   * @param name layer name, prefix of its state
   * @param initialScale every scale's first value
   * @param momentum share of the newest batch in the running statistics, {@code [1]}; one variable
   *     serves all layers of a network
   */
  public BatchNorm2d(String name, int channels, float initialScale, Variable momentum) {
    this(name, Width.of(channels), initialScale, momentum);
  }

  /** The same with room for more channels. */
  public BatchNorm2d(String name, Width width, float initialScale, Variable momentum) {
    TensorSpec vector = TensorSpec.f32(width.channels());
    TensorSpec stored = TensorSpec.f32(width.room());
    this.name = name;
    this.weight = Variable.parameter(name + ".weight", vector, stored);
    this.bias = Variable.parameter(name + ".bias", vector, stored);
    this.runningMean =
        new Variable(name + ".running_mean", vector, Variable.Kind.STATISTIC, stored);
    this.runningVar = new Variable(name + ".running_var", vector, Variable.Kind.STATISTIC, stored);
    this.batchesTracked =
        new Variable(
            name + ".num_batches_tracked", TensorSpec.of(DType.I64, 1), Variable.Kind.STATISTIC);
    this.momentum = momentum;
    this.initialScale = initialScale;
  }

  /** A momentum variable for the layers of one network. Its value must be written before use. */
  public static Variable momentumVariable() {
    return new Variable("bn_momentum", TensorSpec.f32(1), Variable.Kind.CONTROL);
  }

  /**
   * Adds the layer to a graph; a training pass also records how the running statistics move.
   *
   * @throws EarlybirdException if a training pass has one value per channel only
   */
  public Tensor forward(Tensor x, ForwardPass pass) {
    if (!pass.isTraining()) {
      return x.applyNode(
              new BatchNormInference(EPSILON),
              name,
              weight.read(),
              bias.read(),
              runningMean.read(),
              runningVar.read())
          .output(0);
    }
    long rows = x.shape().rows();
    if (rows < 2) {
      throw new EarlybirdException(
          "batch norm " + name + " cannot train on one value per channel (use a larger batch)");
    }
    Node norm = x.applyNode(new BatchNorm(EPSILON), name, weight.read(), bias.read());
    track(pass, runningMean, norm.output(1), 1);
    // The batch's variance is biased; the running one is not.
    track(pass, runningVar, norm.output(2), (float) ((double) rows / (rows - 1)));
    pass.record(batchesTracked.assign(batchesTracked.read().apply(new Increment(1))));
    return norm.output(0);
  }

  private void track(ForwardPass pass, Variable average, Tensor value, float correction) {
    pass.record(
        average.assign(
            average.read().apply(new UpdateAverage(correction), value, momentum.read())));
  }

  @Override
  public String name() {
    return name;
  }

  /** Number of channels. */
  public int channels() {
    return weight.shape().dim(0);
  }

  /** The scale (gamma), {@code [C]}. */
  public Variable weight() {
    return weight;
  }

  /** The shift (beta), {@code [C]}. */
  public Variable bias() {
    return bias;
  }

  /** Running mean, {@code [C]}. */
  public Variable runningMean() {
    return runningMean;
  }

  /** Running unbiased variance, {@code [C]}. */
  public Variable runningVar() {
    return runningVar;
  }

  /** Number of training batches seen, {@code [1]} of I64. */
  public Variable batchesTracked() {
    return batchesTracked;
  }

  @Override
  public List<StateEntry> state() {
    return List.of(
        new StateEntry.Stored(weight),
        new StateEntry.Stored(bias),
        new StateEntry.Stored(runningMean),
        new StateEntry.Stored(runningVar),
        new StateEntry.Stored(batchesTracked));
  }

  @Override
  public Map<Variable, HostTensor> initialValues(long seed) {
    return Map.of(
        weight, constant(initialScale),
        bias, constant(0),
        runningMean, constant(0),
        runningVar, constant(1),
        batchesTracked, HostTensor.scalar(0L));
  }

  private HostTensor constant(float value) {
    float[] values = new float[channels()];
    Arrays.fill(values, value);
    return HostTensor.of(values, channels());
  }
}
