package io.earlybird.backend;

import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.Op;
import java.util.Optional;

/**
 * A convolution and which of its three products is wanted.
 *
 * @param product forward, gradient of the input, or gradient of the weight
 * @param x {@code [N,H,W,I]}
 * @param w {@code [O,I,KH,KW]}
 * @param y {@code [N,OH,OW,O]}
 */
public record ConvolutionExtents(
    Product product, TensorSpec x, TensorSpec w, TensorSpec y, int stride, int padding) {
  /** The products of a layer with weights. */
  public enum Product {
    /** The layer's result. */
    FORWARD,
    /** Gradient of its input. */
    BACKWARD_DATA,
    /** Gradient of its weight. */
    BACKWARD_WEIGHT
  }

  /**
   * The convolution behind a request.
   *
   * @throws IllegalArgumentException if its op is none
   */
  public static ConvolutionExtents of(KernelRequest request) {
    return find(request)
        .orElseThrow(() -> new IllegalArgumentException("not a convolution: " + request.op()));
  }

  /** The convolution behind a request; empty if its op is none. */
  public static Optional<ConvolutionExtents> find(KernelRequest request) {
    Op op = request.op();
    TensorSpec first = request.inputs().get(0);
    TensorSpec second = request.inputs().get(1);
    TensorSpec result = request.outputs().get(0);
    ConvolutionExtents found = null;
    if (op instanceof Conv2d c) {
      found =
          new ConvolutionExtents(Product.FORWARD, first, second, result, c.stride(), c.padding());
    } else if (op instanceof Conv2dEpilogue c) {
      found =
          new ConvolutionExtents(Product.FORWARD, first, second, result, c.stride(), c.padding());
    } else if (op instanceof Conv2dBackwardData c) {
      found =
          new ConvolutionExtents(
              Product.BACKWARD_DATA, result, second, first, c.stride(), c.padding());
    } else if (op instanceof Conv2dBackwardWeight c) {
      found =
          new ConvolutionExtents(
              Product.BACKWARD_WEIGHT, first, result, second, c.stride(), c.padding());
    }
    return Optional.ofNullable(found);
  }

  /** Pictures. */
  public int images() {
    return x.shape().dim(0);
  }

  /** Pixels of one picture of x. */
  public int pixels() {
    return x.shape().dim(1) * x.shape().dim(2);
  }

  /** Pixels of one picture of y. */
  public int outPixels() {
    return y.shape().dim(1) * y.shape().dim(2);
  }

  /** Channels of x. */
  public int inChannels() {
    return w.shape().dim(1);
  }

  /** Channels of y. */
  public int outChannels() {
    return w.shape().dim(0);
  }
}
