package io.earlybird.random;

/**
 * What happens to one training picture: zero padding, a random crop of the original size, random
 * mirroring. This is the plain definition; {@code native/common/augment.h} computes the same bits.
 *
 * <p>Padding is with zero <em>bytes</em> (black), before normalisation, as in the original: a
 * padded pixel of channel c becomes {@code table[c][0]}. Which random words are used is part of the
 * wire format in {@code docs/philox.md}: one block per sample, stream {@code augment:crop-flip}.
 *
 * @param top first row of the crop in the padded picture, in [0, 2 * pad]
 * @param left first column of the crop in the padded picture, in [0, 2 * pad]
 * @param flip whether the crop is mirrored left to right
 */
public record Augmentation(int top, int left, boolean flip) {
  /** Padding on each side used by the original for CIFAR, in pixels. */
  public static final int PAD = 4;

  private static final int HASH = Philox.hash("augment", "crop-flip");

  /**
   * The draw for one sample: word 0 of its block gives {@code top}, word 1 {@code left} (both
   * {@link Philox#bounded bounded} by {@code 2 * pad + 1}), the top bit of word 2 {@code flip}.
   *
   * @param seed seed of the run
   * @param step global training step, from 0
   * @param sample position in the global batch, from 0
   * @param pad padding on each side, 0 or more
   */
  public static Augmentation draw(long seed, long step, int sample, int pad) {
    int[] words = new int[Philox.BLOCK_WORDS];
    Philox.block(seed, sample, step, HASH, words);
    int range = 2 * pad + 1;
    return new Augmentation(
        Philox.bounded(words[0], range), Philox.bounded(words[1], range), words[2] < 0);
  }

  /** The picture as it is, for evaluation. */
  public static Augmentation none(int pad) {
    return new Augmentation(pad, pad, false);
  }

  /**
   * Pads, crops and mirrors one picture.
   *
   * @param image [height, width, channels], one byte each
   * @param imageOffset index of the picture's first byte
   * @param out receives [height, width, channels]
   * @param outOffset index of the first byte written
   */
  public void crop(
      byte[] image,
      int imageOffset,
      int height,
      int width,
      int channels,
      int pad,
      byte[] out,
      int outOffset) {
    int to = outOffset;
    for (int row = 0; row < height; row++) {
      for (int column = 0; column < width; column++) {
        int pixel = source(row, column, height, width, pad);
        for (int c = 0; c < channels; c++) {
          out[to++] = pixel < 0 ? 0 : image[imageOffset + pixel * channels + c];
        }
      }
    }
  }

  /**
   * Pads, crops, mirrors and normalises one picture.
   *
   * @param image [height, width, channels], one byte each
   * @param imageOffset index of the picture's first byte
   * @param table [channels][256]: the normalised value of every byte
   * @param out receives [height, width, channels]
   * @param outOffset index of the first value written
   */
  public void apply(
      byte[] image,
      int imageOffset,
      int height,
      int width,
      int pad,
      float[][] table,
      float[] out,
      int outOffset) {
    int channels = table.length;
    int to = outOffset;
    for (int row = 0; row < height; row++) {
      for (int column = 0; column < width; column++) {
        int pixel = source(row, column, height, width, pad);
        for (int c = 0; c < channels; c++) {
          int value = pixel < 0 ? 0 : image[imageOffset + pixel * channels + c] & 0xFF;
          out[to++] = table[c][value];
        }
      }
    }
  }

  /** Index {@code y * width + x} of the pixel behind an output position, -1 for padding. */
  public int source(int row, int column, int height, int width, int pad) {
    int y = row + top - pad;
    int x = (flip ? width - 1 - column : column) + left - pad;
    boolean inside = y >= 0 && y < height && x >= 0 && x < width;
    return inside ? y * width + x : -1;
  }
}
