package io.earlybird.data;

/**
 * A Gaussian blur over all three axes of a picture {@code [H,W,C]}, one after the other: rows,
 * columns, channels. Borders are mirrored (d c b a | a b c d | d c b a). After each axis values are
 * cut to 8 bits, which is why the order of summation matters: the middle first, then pairs from the
 * outermost inwards.
 */
final class LowPass {
  private static final double RADIUS_IN_SIGMAS = 4;

  /** Weight of the middle and of the pixels at distance 1, 2, … from it. */
  private final double[] weights;

  /**
   * A blur.
   *
   * @param sigma in pixels; 0 changes nothing
   */
  LowPass(double sigma) {
    int radius = (int) (RADIUS_IN_SIGMAS * sigma + 0.5);
    weights = NumpyKernel.gaussian(sigma, radius);
  }

  /** The weights from the middle outwards. */
  double[] weights() {
    return weights.clone();
  }

  /** The blurred picture. */
  byte[] apply(byte[] picture, int height, int width, int channels) {
    byte[] rows = along(picture, height, width * channels);
    byte[] columns = along(rows, width, channels);
    return along(columns, channels, 1);
  }

  /**
   * One axis.
   *
   * @param length its length
   * @param stride distance of neighbours on it
   */
  byte[] along(byte[] in, int length, int stride) {
    byte[] out = new byte[in.length];
    for (int i = 0; i < in.length; i++) {
      int at = i / stride % length;
      int line = i - at * stride;
      double sum = (in[i] & 0xFF) * weights[0];
      for (int k = weights.length - 1; k > 0; k--) {
        int before = in[line + mirrored(at - k, length) * stride] & 0xFF;
        int after = in[line + mirrored(at + k, length) * stride] & 0xFF;
        sum += (before + after) * weights[k];
      }
      out[i] = (byte) (int) sum;
    }
    return out;
  }

  private static int mirrored(int at, int length) {
    int place = Math.floorMod(at, 2 * length);
    return place < length ? place : 2 * length - 1 - place;
  }
}
