package io.earlybird.tensor.op;

/**
 * {@link Conv2d} of what {@link BatchNormInferenceRelu} makes, and perhaps what follows a
 * convolution: {@code x [N,H,W,C]}, {@code gamma, beta, mean, variance [C]}, {@code w [O,I,KH,KW]},
 * then the further operands of {@link Conv2dEpilogue}, to {@code y [N,OH,OW,O]}.
 *
 * @param epsilon of the norm
 * @param channels the I channels kept of x, or {@code null} for all
 * @param product {@link Conv2d} or {@link Conv2dEpilogue}
 */
public record BatchNormReluConv2d(float epsilon, Channels channels, ProductOp product)
    implements NormProductOp {
  /** Checks that the product is a convolution. */
  public BatchNormReluConv2d {
    if (!(product instanceof Conv2d || product instanceof Conv2dEpilogue)) {
      throw new IllegalArgumentException("BatchNormReluConv2d of " + product);
    }
  }

  /** Step of the window in rows and columns. */
  public int stride() {
    return product instanceof Conv2d c ? c.stride() : ((Conv2dEpilogue) product).stride();
  }

  /** Zeros added on each side of what the ReLU gives. */
  public int padding() {
    return product instanceof Conv2d c ? c.padding() : ((Conv2dEpilogue) product).padding();
  }
}
