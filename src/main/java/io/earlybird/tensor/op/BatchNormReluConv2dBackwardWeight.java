package io.earlybird.tensor.op;

/**
 * {@link Conv2dBackwardWeight} of a convolution whose input {@link BatchNormInferenceRelu} makes
 * anew: {@code x [N,H,W,C]}, {@code gamma, beta, mean, variance [C]}, {@code dy [N,OH,OW,O]} to
 * {@code dw [O,I,kernelHeight,kernelWidth]}.
 *
 * @param epsilon of the norm
 * @param channels the I channels kept of x, or {@code null} for all
 * @param stride step of the window in rows and columns
 * @param padding zeros added on each side of what the ReLU gives
 */
public record BatchNormReluConv2dBackwardWeight(
    float epsilon, Channels channels, int stride, int padding, int kernelHeight, int kernelWidth)
    implements NormProductOp {
  @Override
  public Conv2dBackwardWeight product() {
    return new Conv2dBackwardWeight(stride, padding, kernelHeight, kernelWidth);
  }
}
