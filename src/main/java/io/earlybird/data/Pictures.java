package io.earlybird.data;

import java.util.List;

/**
 * Labelled pictures of one size, as a network sees them: in memory as a whole ({@link ImageSet}),
 * or as files that are decoded on the way to the device ({@link ImageFolder}).
 */
public sealed interface Pictures permits ImageSet, ImageFolder {
  /** Name for messages, e.g. {@code cifar10 train}. */
  String name();

  /** Number of pictures, N. */
  int size();

  /** Rows of a picture. */
  int height();

  /** Columns of a picture. */
  int width();

  /** Colour channels of a picture. */
  int channels();

  /** Names of the classes, in the order of the labels. */
  List<String> classNames();

  /** Number of classes. */
  default int classes() {
    return classNames().size();
  }

  /** Bytes of one picture. */
  default int imageBytes() {
    return height() * width() * channels();
  }

  /** How bytes become values. */
  Normalization normalization();

  /**
   * So many pictures as a set of their own (all if there are fewer): the first ones of a set in
   * memory, evenly spread ones of a folder, which is sorted by class.
   */
  Pictures first(int count);

  /**
   * Some pictures as a set of their own.
   *
   * @param name its name
   * @param indices which, in the order of the new set
   */
  Pictures select(String name, int[] indices);

  /** The same pictures with another normalisation. */
  Pictures normalizedBy(Normalization other);
}
