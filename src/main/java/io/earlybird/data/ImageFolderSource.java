package io.earlybird.data;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Pictures in folders that are named after their classes: {@code train/CLASS/*} and {@code
 * val/CLASS/*}. Classes are numbered in the order of their names, pictures in the order of classes
 * and then of their paths.
 */
final class ImageFolderSource implements DataSource {
  private static final String NAME = "imagenet";
  private static final String TRAIN = "train";
  private static final String TEST = "val";
  private static final int SMALLEST_SIZE = 8;
  private static final int LARGEST_SIZE = 1024;
  private static final int SHOWN = 3;

  /**
   * What counts as a picture by its name; others, such as lists and thumbnails, are passed over.
   */
  private static final Set<String> ENDINGS =
      Set.of("jpg", "jpeg", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp");

  private final Path folder;
  private final int imageSize;
  private final List<String> classNames;

  private ImageFolderSource(Path folder, int imageSize, List<String> classNames) {
    this.folder = folder;
    this.imageSize = imageSize;
    this.classNames = classNames;
  }

  /**
   * Looks for the two splits and compares their classes.
   *
   * @param imageSize rows and columns that pictures are brought to
   * @throws EarlybirdException if a split is missing, has fewer than two classes, or the two have
   *     different ones
   */
  static ImageFolderSource find(Path folder, int imageSize) {
    if (imageSize < SMALLEST_SIZE || imageSize > LARGEST_SIZE) {
      throw new EarlybirdException(
          "--image-size is %d to %d pixels, not %d"
              .formatted(SMALLEST_SIZE, LARGEST_SIZE, imageSize));
    }
    for (String split : List.of(TRAIN, TEST)) {
      if (!Files.isDirectory(folder.resolve(split))) {
        throw new EarlybirdException(
            "%s: there is no folder '%s'; put pictures into %s/CLASS and %s/CLASS, or name another"
                    .formatted(folder.toAbsolutePath().normalize(), split, TRAIN, TEST)
                + " folder with --data");
      }
    }
    List<String> train = classes(folder.resolve(TRAIN));
    List<String> test = classes(folder.resolve(TEST));
    if (!train.equals(test)) {
      throw new EarlybirdException(
          "%s: %s and %s have different classes: %s"
              .formatted(folder, TRAIN, TEST, difference(train, test)));
    }
    return new ImageFolderSource(folder, imageSize, train);
  }

  private static List<String> classes(Path split) {
    List<String> names = new ArrayList<>();
    for (Path entry : list(split)) {
      if (Files.isDirectory(entry)) {
        names.add(entry.getFileName().toString());
      }
    }
    names.sort(null);
    if (names.size() < 2) {
      throw new EarlybirdException(
          split
              + (names.isEmpty() ? ": no class" : ": only one class, " + names.get(0))
              + "; expected a folder per class and at least two of them");
    }
    return names;
  }

  private static String difference(List<String> train, List<String> test) {
    Set<String> onlyTrain = new TreeSet<>(train);
    onlyTrain.removeAll(test);
    Set<String> onlyTest = new TreeSet<>(test);
    onlyTest.removeAll(train);
    List<String> parts = new ArrayList<>();
    if (!onlyTrain.isEmpty()) {
      parts.add("only " + TRAIN + " has " + some(onlyTrain));
    }
    if (!onlyTest.isEmpty()) {
      parts.add("only " + TEST + " has " + some(onlyTest));
    }
    return String.join(", ", parts);
  }

  private static String some(Set<String> names) {
    String shown = String.join(", ", names.stream().limit(SHOWN).toList());
    int more = names.size() - SHOWN;
    return more > 0 ? shown + " and " + more + " more" : shown;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public ImageFolder load(Split split) {
    Path root = folder.resolve(split == Split.TRAIN ? TRAIN : TEST);
    List<Path> files = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (int label = 0; label < classNames.size(); label++) {
      Path of = root.resolve(classNames.get(label));
      List<Path> pictures = pictures(of);
      if (pictures.isEmpty()) {
        throw new EarlybirdException(of + ": the class has no pictures");
      }
      files.addAll(pictures);
      while (labels.size() < files.size()) {
        labels.add(label);
      }
    }
    return new ImageFolder(
        NAME + " " + split.label(),
        imageSize,
        files,
        labels.stream().mapToInt(Integer::intValue).toArray(),
        classNames,
        Normalization.IMAGENET);
  }

  private static List<Path> pictures(Path of) {
    try (Stream<Path> walk = Files.walk(of, FileVisitOption.FOLLOW_LINKS)) {
      return walk.filter(ImageFolderSource::isPicture).sorted().toList();
    } catch (IOException | UncheckedIOException e) {
      throw unreadable(of, e);
    }
  }

  private static boolean isPicture(Path path) {
    String name = path.getFileName().toString();
    String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return ENDINGS.contains(ending) && Files.isRegularFile(path);
  }

  private static List<Path> list(Path of) {
    try (Stream<Path> entries = Files.list(of)) {
      return entries.toList();
    } catch (IOException | UncheckedIOException e) {
      throw unreadable(of, e);
    }
  }

  private static EarlybirdException unreadable(Path of, Exception e) {
    return new EarlybirdException(of + ": cannot be read: " + e.getMessage(), e);
  }
}
