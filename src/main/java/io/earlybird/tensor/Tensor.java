package io.earlybird.tensor;

import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Fill;
import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.Placeholder;
import io.earlybird.tensor.op.Relu;
import io.earlybird.tensor.op.Reshape;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SoftmaxCrossEntropy;
import java.util.List;

/**
 * One result of a {@link Node}: a symbolic value with a shape and an element type. Tensors form a
 * lazy graph; nothing is computed until a plan runs them.
 */
public final class Tensor {
  private final Node node;
  private final int output;
  private final TensorSpec spec;

  Tensor(Node node, int output, TensorSpec spec) {
    this.node = node;
    this.output = output;
    this.spec = spec;
  }

  /** A value that is written from outside before each run, under a name used in messages. */
  public static Tensor placeholder(String name, TensorSpec spec) {
    return Node.of(new Placeholder(name, spec), List.of()).output(0);
  }

  /** A 32-bit floating-point tensor whose elements all are {@code value}. */
  public static Tensor fill(float value, Shape shape) {
    return Node.of(new Fill(value, shape), List.of()).output(0);
  }

  /** The node that computes this tensor. */
  public Node node() {
    return node;
  }

  /** Which of the node's results this is. */
  public int output() {
    return output;
  }

  /** Shape and element type. */
  public TensorSpec spec() {
    return spec;
  }

  /** Shape. */
  public Shape shape() {
    return spec.shape();
  }

  /** Applies a single-result op to this tensor and others. */
  public Tensor apply(Op op, Tensor... others) {
    return applyNode(op, null, others).output(0);
  }

  /** Applies an op as a named layer to this tensor and others. */
  public Node applyNode(Op op, String layer, Tensor... others) {
    Tensor[] all = new Tensor[others.length + 1];
    all[0] = this;
    System.arraycopy(others, 0, all, 1, others.length);
    return Node.of(op, List.of(all), layer);
  }

  /** Convolution of {@code [N,H,W,I]} with weights {@code [O,I,KH,KW]}. */
  public Tensor conv2d(Tensor weight, int stride, int padding) {
    return apply(new Conv2d(stride, padding), weight);
  }

  /** {@code x w^T + b} for {@code x [N,I]}, {@code w [O,I]}, {@code b [O]}. */
  public Tensor linear(Tensor weight, Tensor bias) {
    return apply(new Linear(), weight, bias);
  }

  /** Batch norm with batch statistics; results: y, mean [C], biased variance [C]. */
  public Node batchNorm(Tensor gamma, Tensor beta, float epsilon) {
    return applyNode(new BatchNorm(epsilon), null, gamma, beta);
  }

  /** Batch norm with given statistics. */
  public Tensor batchNormInference(
      Tensor gamma, Tensor beta, Tensor mean, Tensor variance, float epsilon) {
    return apply(new BatchNormInference(epsilon), gamma, beta, mean, variance);
  }

  /** max(x, 0). */
  public Tensor relu() {
    return apply(new Relu());
  }

  /** Elementwise sum of equal shapes. */
  public Tensor add(Tensor other) {
    return apply(new Add(), other);
  }

  /** The given channels of the last dimension, in the given order. */
  public Tensor select(int... channels) {
    return apply(new Select(channels));
  }

  /** Max pooling. */
  public Tensor maxPool2d(int kernel, int stride, int padding) {
    return apply(new MaxPool2d(kernel, stride, padding));
  }

  /** Average pooling without padding. */
  public Tensor avgPool2d(int kernel, int stride) {
    return apply(new AvgPool2d(kernel, stride));
  }

  /** The same elements in the same row-major order under another shape. */
  public Tensor reshape(int... dims) {
    return apply(new Reshape(Shape.of(dims)));
  }

  /** Mean softmax cross-entropy; results: loss [1], probabilities [N,K]. */
  public Node softmaxCrossEntropy(Tensor labels) {
    return applyNode(new SoftmaxCrossEntropy(), null, labels);
  }

  @Override
  public String toString() {
    return spec.toString();
  }
}
