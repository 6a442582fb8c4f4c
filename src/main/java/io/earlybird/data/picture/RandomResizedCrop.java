package io.earlybird.data.picture;

import io.earlybird.data.picture.Resampler.Box;
import io.earlybird.random.Philox;

/**
 * The random region of a training picture, by torchvision's rule: an area between 8% and 100% of
 * the picture's, a ratio of width to height between 3/4 and 4/3 (uniform in its logarithm), at a
 * random place; ten attempts, then the largest middle part with such a ratio. What is drawn depends
 * on (seed, epoch, number of the picture) alone; the words are listed in {@code docs/philox.md}.
 *
 * @param region the region, inside the picture
 * @param mirror whether it is mirrored left to right
 */
public record RandomResizedCrop(Box region, boolean mirror) {
  private static final int HASH = Philox.hash("augment", "resized-crop");
  private static final double SMALLEST_AREA = 0.08;
  private static final double NARROWEST = 3.0 / 4;
  private static final double WIDEST = 4.0 / 3;
  private static final int ATTEMPTS = 10;

  /** Blocks of random words per picture: one per attempt, and the last for mirroring. */
  private static final int BLOCKS = 16;

  /**
   * Draws a region.
   *
   * @param index number of the picture, below 2^28
   * @param width columns of the picture
   * @param height rows of the picture
   */
  public static RandomResizedCrop draw(long seed, long epoch, int index, int width, int height) {
    int[] words = new int[Philox.BLOCK_WORDS];
    Philox.block(seed, BLOCKS * index + BLOCKS - 1, epoch, HASH, words);
    boolean mirror = words[0] < 0;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Philox.block(seed, BLOCKS * index + attempt, epoch, HASH, words);
      double area = (double) width * height * between(SMALLEST_AREA, 1, words[0]);
      double ratio =
          StrictMath.exp(between(StrictMath.log(NARROWEST), StrictMath.log(WIDEST), words[1]));
      int w = (int) Math.rint(Math.sqrt(area * ratio));
      int h = (int) Math.rint(Math.sqrt(area / ratio));
      if (w > 0 && w <= width && h > 0 && h <= height) {
        int top = Philox.bounded(words[2], height - h + 1);
        int left = Philox.bounded(words[3], width - w + 1);
        return new RandomResizedCrop(new Box(left, top, w, h), mirror);
      }
    }
    return new RandomResizedCrop(middle(width, height), mirror);
  }

  private static double between(double low, double high, int word) {
    return low + (high - low) * Philox.uniform(word);
  }

  private static Box middle(int width, int height) {
    double ratio = (double) width / height;
    int w = ratio > WIDEST ? (int) Math.rint(height * WIDEST) : width;
    int h = ratio < NARROWEST ? (int) Math.rint(width / NARROWEST) : height;
    return new Box((width - w) / 2, (height - h) / 2, w, h);
  }
}
