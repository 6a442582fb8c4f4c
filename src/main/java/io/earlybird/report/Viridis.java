package io.earlybird.report;

/** The viridis palette: even steps to the eye, readable in grey and for the colour-blind. */
final class Viridis {
  private static final int[] POINTS = {
    0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b,
    0xfde725
  };

  private Viridis() {}

  /** Colour {@code 0xRRGGBB} for a value in [0,1], from dark blue to yellow; cut outside. */
  static int color(double value) {
    double at = Math.min(1, Math.max(0, value)) * (POINTS.length - 1);
    int below = Math.min((int) at, POINTS.length - 2);
    double part = at - below;
    int color = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int a = POINTS[below] >> shift & 0xff;
      int b = POINTS[below + 1] >> shift & 0xff;
      color |= (int) Math.round(a + part * (b - a)) << shift;
    }
    return color;
  }
}
