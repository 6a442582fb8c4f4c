package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;

/** Run folders for those who name none: {@code runs/search-20260131-120000}, never one twice. */
final class DefaultFolder {
  private static final Path RUNS = Path.of("runs");

  private DefaultFolder() {}

  /** A folder that does not exist yet; {@code runs/latest} is made to point to it. */
  static Path next(String command) {
    String time = LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
    Path folder = RUNS.resolve(command + "-" + time);
    try {
      Files.createDirectories(RUNS);
      for (int i = 2; !isNew(folder); i++) {
        folder = RUNS.resolve(command + "-" + time + "-" + i);
      }
      Path link = RUNS.resolve(".latest-" + ProcessHandle.current().pid());
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, folder.getFileName());
      Files.move(link, RUNS.resolve("latest"), StandardCopyOption.ATOMIC_MOVE);
    } catch (UnsupportedOperationException e) {
      return folder;
    } catch (IOException e) {
      throw new EarlybirdException(folder + ": cannot be created: " + e.getMessage(), e);
    }
    return folder;
  }

  /** Makes a folder; false if it, or anything of its name, was there already. */
  private static boolean isNew(Path folder) throws IOException {
    try {
      Files.createDirectory(folder);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }
}
