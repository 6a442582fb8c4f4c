package io.earlybird.backend.cpu;

import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.ConvolutionExtents.Product;

/**
 * Which convolutions may be computed by Winograd's minimal filterings, with fewer multiplications
 * than the sums of the definition have, but more rounding: F(2x2, 3x3) and, in fp32, F(4x4, 3x3).
 */
final class Winograd {
  /**
   * System property; {@code off} leaves out both filterings, {@code 2x2} the one that rounds most.
   */
  private static final String PROPERTY = "earlybird.winograd";

  /** How the names of products by F(2x2, 3x3) end. */
  static final String SUFFIX = " winograd";

  /** How the names of products by F(4x4, 3x3) end. */
  static final String SUFFIX_4X4 = " winograd 4x4";

  /**
   * Sums of fewer terms than those of 14 channels are not left to F(4x4, 3x3), nor of fewer than 12
   * on images of 16x16 pixels or more. Where half of the numbers are zeros, as after a ReLU, the
   * largest of two to four million errors was then 71% of the design's tolerance (4x4 pixels, 14
   * channels), 68% (16x16, 12) and 59% (32x32, 12); it would be 104% with 12 channels on 4x4
   * pixels, a quarter of which are corners with fewer terms. All pixels under a tile round, also
   * those that a result does not depend on.
   */
  private static final long FEWEST_TERMS = 9 * 14;

  private static final long FEWEST_TERMS_OF_LARGE = 9 * 12;
  private static final long LARGE_IMAGE = 16 * 16;

  /**
   * Gradients of weights over fewer pixels than these are not left to F(2x2, 3x3) in fp32: the sums
   * of other weights, which may be larger, round in them too.
   */
  private static final long FEWEST_PIXELS = 64;

  private Winograd() {}

  /** Whether products may be computed by either filtering. */
  static boolean isOn() {
    return !property().equals("off");
  }

  /** Whether F(2x2, 3x3) computes a convolution, and may. */
  static boolean fits(ConvolutionExtents c) {
    return c.w().shape().dim(2) == 3
        && c.w().shape().dim(3) == 3
        && c.stride() == 1
        && c.padding() == 1
        && isOn();
  }

  /** Whether F(2x2, 3x3) computes a convolution in fp32, and may: where sums are long enough. */
  static boolean fits2x2(ConvolutionExtents c) {
    return fits(c) && (c.product() != Product.BACKWARD_WEIGHT || terms(c) >= FEWEST_PIXELS);
  }

  /**
   * Whether F(4x4, 3x3) computes a convolution, and may: where it multiplies less than F(2x2, 3x3)
   * does, which tiles that hang over a small image prevent, and where sums are long enough.
   */
  static boolean fits4x4(ConvolutionExtents c) {
    return fits(c)
        && !property().equals("2x2")
        && 36 * tiles(c, 4) < 16 * tiles(c, 2)
        && terms(c) >= (c.outPixels() < LARGE_IMAGE ? FEWEST_TERMS : FEWEST_TERMS_OF_LARGE);
  }

  /** Whether it is one of these products that is called so. */
  static boolean isName(String name) {
    return name.endsWith(SUFFIX) || name.endsWith(SUFFIX_4X4);
  }

  /** Squares of results, so many a side, that cover an image. */
  private static long tiles(ConvolutionExtents c, long side) {
    return (c.y().shape().dim(1) + side - 1) / side * ((c.y().shape().dim(2) + side - 1) / side);
  }

  /** What is added up for a result. */
  private static long terms(ConvolutionExtents c) {
    return switch (c.product()) {
      case FORWARD -> 9L * c.inChannels();
      case BACKWARD_DATA -> 9L * c.outChannels();
      case BACKWARD_WEIGHT -> (long) c.images() * c.outPixels();
    };
  }

  private static String property() {
    return System.getProperty(PROPERTY, "on");
  }
}
