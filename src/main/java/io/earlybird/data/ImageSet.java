package io.earlybird.data;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Labelled pictures of one size in memory, one byte per pixel and channel.
 *
 * <p>The arrays are shared, not copied: they are meant to be moved to a device once and never
 * written again.
 */
public final class ImageSet {
  private final String name;
  private final int height;
  private final int width;
  private final int channels;
  private final byte[] pixels;
  private final int[] labels;
  private final List<String> classNames;
  private final Normalization normalization;

  /**
   * Wraps pictures.
   *
   * @param name for messages, e.g. {@code cifar10 train}
   * @param pixels [N,height,width,channels], unsigned bytes
   * @param labels [N], each in [0, classes)
   * @param classNames one name per class
   * @param normalization one mean and deviation per channel
   * @throws IllegalArgumentException if sizes do not agree or a label is out of range
   */
  public ImageSet(
      String name,
      int height,
      int width,
      int channels,
      byte[] pixels,
      int[] labels,
      List<String> classNames,
      Normalization normalization) {
    this.name = Objects.requireNonNull(name);
    this.height = height;
    this.width = width;
    this.channels = channels;
    this.pixels = pixels;
    this.labels = labels;
    this.classNames = List.copyOf(classNames);
    this.normalization = normalization;
    long expected = (long) labels.length * height * width * channels;
    if (pixels.length != expected) {
      throw new IllegalArgumentException(
          "%s: %d bytes of pixels, expected %d".formatted(name, pixels.length, expected));
    }
    if (normalization.channels() != channels) {
      throw new IllegalArgumentException(
          "%s: %d channels, but %d to normalise"
              .formatted(name, channels, normalization.channels()));
    }
    for (int label : labels) {
      Objects.checkIndex(label, this.classNames.size());
    }
  }

  /** Name for messages. */
  public String name() {
    return name;
  }

  /** Number of pictures, N. */
  public int size() {
    return labels.length;
  }

  /** Rows of a picture. */
  public int height() {
    return height;
  }

  /** Columns of a picture. */
  public int width() {
    return width;
  }

  /** Colour channels of a picture. */
  public int channels() {
    return channels;
  }

  /** Bytes of one picture. */
  public int imageBytes() {
    return height * width * channels;
  }

  /** All pictures, [N,height,width,channels] unsigned bytes; shared, not to be written. */
  public byte[] pixels() {
    return pixels;
  }

  /** All labels, [N]; shared, not to be written. */
  public int[] labels() {
    return labels;
  }

  /** Number of classes. */
  public int classes() {
    return classNames.size();
  }

  /** Names of the classes, in the order of the labels. */
  public List<String> classNames() {
    return classNames;
  }

  /** How bytes become values. */
  public Normalization normalization() {
    return normalization;
  }

  /** The first {@code count} pictures as a set of their own (all if there are fewer). */
  public ImageSet first(int count) {
    int n = Math.min(count, size());
    return new ImageSet(
        name,
        height,
        width,
        channels,
        Arrays.copyOf(pixels, n * imageBytes()),
        Arrays.copyOf(labels, n),
        classNames,
        normalization);
  }

  /**
   * Some pictures as a set of their own.
   *
   * @param name its name
   * @param indices which, in the order of the new set
   */
  ImageSet select(String name, int[] indices) {
    byte[] chosen = new byte[indices.length * imageBytes()];
    int[] chosenLabels = new int[indices.length];
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(pixels, indices[i] * imageBytes(), chosen, i * imageBytes(), imageBytes());
      chosenLabels[i] = labels[indices[i]];
    }
    return new ImageSet(
        name, height, width, channels, chosen, chosenLabels, classNames, normalization);
  }
}
