package io.earlybird.data.picture;

/**
 * A decoded picture in a buffer that is used again for the next one. Not thread-safe.
 *
 * <p>A pixel is a word {@code 0xRRGGBBxx}.
 */
public final class Picture {
  private int[] pixels = new int[0];
  private int width;
  private int height;

  /** Columns. */
  public int width() {
    return width;
  }

  /** Rows. */
  public int height() {
    return height;
  }

  /** The pixels {@code [height, width]}, in a buffer that may be longer. */
  public int[] pixels() {
    return pixels;
  }

  /** Makes room; the pixels are whatever the buffer held before. */
  public void resize(int newWidth, int newHeight) {
    int needed = Math.multiplyExact(newWidth, newHeight);
    if (pixels.length < needed) {
      // Room to spare, so that a few slightly larger pictures do not each want a new buffer.
      pixels = new int[(int) Math.min(Integer.MAX_VALUE - 8L, needed + needed / 4L)];
    }
    width = newWidth;
    height = newHeight;
  }
}
