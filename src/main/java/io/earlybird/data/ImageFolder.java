package io.earlybird.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Labelled pictures as files of any size, which are decoded, cut and resized on the way to the
 * device. See {@link FolderReader} for the reading.
 */
public final class ImageFolder implements Pictures {
  /** Rows and columns of a picture as the networks for ImageNet take it. */
  public static final int USUAL_SIZE = 224;

  private static final int CHANNELS = 3;

  private final String name;
  private final int side;
  private final List<Path> files;
  private final int[] labels;
  private final List<String> classNames;
  private final Normalization normalization;

  /**
   * Wraps file names.
   *
   * @param name for messages, e.g. {@code imagenet train}
   * @param side rows and columns that the pictures are brought to
   * @param files the pictures
   * @param labels [files], each in [0, classes); not to be written
   * @param classNames one name per class
   */
  ImageFolder(
      String name,
      int side,
      List<Path> files,
      int[] labels,
      List<String> classNames,
      Normalization normalization) {
    this.name = name;
    this.side = side;
    this.files = List.copyOf(files);
    this.labels = labels;
    this.classNames = List.copyOf(classNames);
    this.normalization = Objects.requireNonNull(normalization);
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
    return side;
  }

  @Override
  public int width() {
    return side;
  }

  @Override
  public int channels() {
    return CHANNELS;
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public Normalization normalization() {
    return normalization;
  }

  /** The file of a picture. */
  public Path file(int index) {
    return files.get(index);
  }

  /** The class of a picture. */
  public int label(int index) {
    return labels[index];
  }

  @Override
  public ImageFolder first(int count) {
    if (count >= size()) {
      return this;
    }
    int[] indices = new int[count];
    for (int i = 0; i < count; i++) {
      indices[i] = (int) ((long) i * size() / count);
    }
    return select(name, indices);
  }

  @Override
  public ImageFolder select(String newName, int[] indices) {
    List<Path> some = new ArrayList<>(indices.length);
    int[] theirs = new int[indices.length];
    for (int i = 0; i < indices.length; i++) {
      some.add(files.get(indices[i]));
      theirs[i] = labels[indices[i]];
    }
    return new ImageFolder(newName, side, some, theirs, classNames, normalization);
  }

  @Override
  public ImageFolder normalizedBy(Normalization other) {
    return new ImageFolder(name, side, files, labels, classNames, other);
  }
}
