package io.earlybird.data.picture;

import io.earlybird.data.picture.Resampler.Box;

/** How a picture of any size becomes one of the size that a network takes. */
public interface PictureTransform {
  /**
   * Cuts and resizes.
   *
   * @param picture any size
   * @param epoch index of the epoch, from 0
   * @param index number of the picture in its folder, from 0
   * @param resampler whose buffers are used
   * @param out receives {@code [size, size, 3]} bytes
   * @param offset index of the first byte written
   */
  void apply(Picture picture, long epoch, int index, Resampler resampler, byte[] out, int offset);

  /** Training: a random region, mirrored at random. */
  static PictureTransform training(int size, long seed) {
    return (picture, epoch, index, resampler, out, offset) -> {
      RandomResizedCrop crop =
          RandomResizedCrop.draw(seed, epoch, index, picture.width(), picture.height());
      Box whole = new Box(0, 0, size, size);
      resampler.resize(picture, crop.region(), size, size, whole, crop.mirror(), out, offset);
    };
  }

  /**
   * Evaluation: the shorter side is resized to 8/7 of the size (256 for 224) and the middle is cut
   * out.
   */
  static PictureTransform evaluation(int size) {
    int shorter = Math.round(size * 8 / 7f);
    return (picture, epoch, index, resampler, out, offset) -> {
      int w = picture.width();
      int h = picture.height();
      int width = w <= h ? shorter : (int) ((long) shorter * w / h);
      int height = w <= h ? (int) ((long) shorter * h / w) : shorter;
      Box middle = new Box(middle(width, size), middle(height, size), size, size);
      resampler.resize(picture, new Box(0, 0, w, h), width, height, middle, false, out, offset);
    };
  }

  /** Halves are rounded to even, as torchvision's CenterCrop does. */
  private static int middle(int length, int size) {
    return (int) Math.rint((length - size) / 2.0);
  }
}
