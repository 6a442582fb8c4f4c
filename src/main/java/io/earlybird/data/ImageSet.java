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
public final class ImageSet implements Pictures {
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

  @Override
  public String name() {
    return name;
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public int height() {
    return height;
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public int channels() {
    return channels;
  }

  /** All pictures, [N,height,width,channels] unsigned bytes; shared, not to be written. */
  public byte[] pixels() {
    return pixels;
  }

  /** All labels, [N]; shared, not to be written. */
  public int[] labels() {
    return labels;
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public Normalization normalization() {
    return normalization;
  }

  @Override
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

  @Override
  public ImageSet normalizedBy(Normalization other) {
    return with(pixels, other);
  }

  /**
   * The same labels with other pixels.
   *
   * @param changed [N,height,width,channels], unsigned bytes; taken over
   */
  ImageSet withPixels(byte[] changed) {
    return with(changed, normalization);
  }

  private ImageSet with(byte[] bytes, Normalization norm) {
    return new ImageSet(name, height, width, channels, bytes, labels, classNames, norm);
  }

  @Override
  public ImageSet select(String newName, int[] indices) {
    byte[] chosen = new byte[indices.length * imageBytes()];
    int[] chosenLabels = new int[indices.length];
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(pixels, indices[i] * imageBytes(), chosen, i * imageBytes(), imageBytes());
      chosenLabels[i] = labels[indices[i]];
    }
    return new ImageSet(
        newName, height, width, channels, chosen, chosenLabels, classNames, normalization);
  }
}
