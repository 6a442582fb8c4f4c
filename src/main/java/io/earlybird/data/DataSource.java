package io.earlybird.data;

import io.earlybird.EarlybirdException;
import java.nio.file.Path;
import java.util.List;

/** Where a data set comes from. Finding it is cheap and happens at once; loading is separate. */
public interface DataSource {
  /** Names that {@link #open} knows. */
  List<String> NAMES = List.of("cifar10", "cifar100", "imagenet", "shapes");

  /** Name as given on the command line, e.g. {@code cifar10}. */
  String name();

  /** Names of the classes, in the order of the labels. */
  List<String> classNames();

  /**
   * Reads or draws one split. Of a folder of pictures only the names are read.
   *
   * @throws EarlybirdException naming the file, if it is missing, damaged or of the wrong size
   */
  Pictures load(Split split);

  /**
   * Finds a data set.
   *
   * @param name one of {@link #NAMES}
   * @param folder where CIFAR lies: its files, their folder, or the archive; null for the
   *     original's {@code ./data.cifar10} and {@code ./data.cifar100}. For {@code imagenet} the
   *     folder with {@code train} and {@code val}. {@code shapes} needs none.
   * @throws EarlybirdException if the name is unknown or the data are not there, saying what to put
   *     where
   */
  static DataSource open(String name, Path folder) {
    return open(name, folder, ImageFolder.USUAL_SIZE);
  }

  /**
   * Finds a data set.
   *
   * @param imageSize rows and columns of the pictures of {@code imagenet}; the others have their
   *     own
   * @see #open(String, Path)
   */
  static DataSource open(String name, Path folder, int imageSize) {
    return switch (name) {
      case "cifar10" -> CifarSource.find(CifarLayout.CIFAR10, usual(name, folder));
      case "cifar100" -> CifarSource.find(CifarLayout.CIFAR100, usual(name, folder));
      case "imagenet" -> ImageFolderSource.find(usual(name, folder), imageSize);
      case "shapes" -> new ShapesSource();
      default ->
          throw new EarlybirdException(
              "unknown data set '%s'; known: %s".formatted(name, String.join(", ", NAMES)));
    };
  }

  /**
   * Finds a data set; CIFAR is downloaded from its authors (about 170 MB) if its folder is absent
   * or empty. A download that was cut is taken up again where it ended.
   *
   * @param name one of {@link #NAMES}
   * @param folder as for {@link #open}
   * @param progress hears how a download goes on
   * @throws EarlybirdException if the name is unknown, the folder holds something else, or the
   *     download fails, saying what to put where
   */
  static DataSource openOrDownload(String name, Path folder, DownloadProgress progress) {
    return switch (name) {
      case "cifar10" ->
          new CifarDownload(CifarLayout.CIFAR10).findOrFetch(usual(name, folder), progress);
      case "cifar100" ->
          new CifarDownload(CifarLayout.CIFAR100).findOrFetch(usual(name, folder), progress);
      default -> open(name, folder);
    };
  }

  private static Path usual(String name, Path folder) {
    return folder == null ? Path.of("data." + name) : folder;
  }
}
