package io.earlybird.data;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/** Gets CIFAR from its authors where a folder does not have it. */
final class CifarDownload {
  /** Where the authors publish the archives. */
  static final URI AUTHORS = URI.create("https://www.cs.toronto.edu/~kriz/");

  /** System property: the address of a folder that has the same archives. */
  static final String MIRROR = "earlybird.cifar.mirror";

  /** The checksums that the authors publish. */
  private static final Map<String, Checksum> CHECKSUMS =
      Map.of(
          "cifar10", new Checksum("MD5", "c32a1d4ab5d03f1284b67883e8d87530"),
          "cifar100", new Checksum("MD5", "03b5dce01913d631647c71ecec9e9cb8"));

  private final CifarLayout layout;
  private final URI place;
  private final Checksum checksum;

  /** A download from the authors, or from the mirror that {@link #MIRROR} names. */
  CifarDownload(CifarLayout layout) {
    this(layout, place(), CHECKSUMS.get(layout.name()));
  }

  private static URI place() {
    String mirror = System.getProperty(MIRROR, "");
    try {
      return mirror.isEmpty() ? AUTHORS : new URI(mirror.endsWith("/") ? mirror : mirror + "/");
    } catch (URISyntaxException e) {
      throw new EarlybirdException("-D" + MIRROR + "=" + mirror + " is no address", e);
    }
  }

  /** A download from elsewhere, for tests. */
  CifarDownload(CifarLayout layout, URI place, Checksum checksum) {
    this.layout = layout;
    this.place = place;
    this.checksum = checksum;
  }

  /**
   * Finds the set in a folder. If the folder is absent or holds nothing but an unfinished download,
   * the binary archive is downloaded into it.
   *
   * @throws EarlybirdException if the folder holds other things, or the download fails, saying what
   *     to put where
   */
  CifarSource findOrFetch(Path folder, DownloadProgress progress) {
    String archive = layout.binary().archive();
    if (isFree(folder, archive + ".part")) {
      URI address = place.resolve(archive);
      try {
        new Download(address, folder.resolve(archive), checksum).run(progress);
      } catch (EarlybirdException e) {
        throw new EarlybirdException(
            "%s is not in %s and cannot be downloaded: %s (by hand: put %s there, or name another folder with --data)"
                .formatted(
                    layout.title(), folder.toAbsolutePath().normalize(), e.getMessage(), address),
            e);
      }
    }
    return CifarSource.find(layout, folder);
  }

  private static boolean isFree(Path folder, String part) {
    if (!Files.exists(folder)) {
      return true;
    }
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.allMatch(file -> file.endsWith(part));
    } catch (IOException e) {
      throw new EarlybirdException(folder + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
