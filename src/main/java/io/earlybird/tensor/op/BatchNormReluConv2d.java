package io.earlybird.tensor.op;

/**
 * {@link Conv2d} of what {@link BatchNormInferenceRelu} makes, and perhaps {@link Add} of a
 * residual: {@code x [N,H,W,C]}, {@code gamma, beta, mean, variance [C]}, {@code w [O,I,KH,KW]},
 * then, where {@code add}, the residual {@code [N,OH,OW,O]}, to {@code y [N,OH,OW,O]}.
 *
 * @param epsilon of the norm
 * @param channels the I channels kept of x, or {@code null} for all
 * @param stride step of the window in rows and columns
 * @param padding zeros added on each side of what the ReLU gives
 * @param add whether there is a residual
 */
public record BatchNormReluConv2d(
    float epsilon, Channels channels, int stride, int padding, boolean add)
    implements NormProductOp {
  @Override
  public Op product() {
    return add
        ? new Conv2dEpilogue(stride, padding, false, 0, true, false)
        : new Conv2d(stride, padding);
  }
}
