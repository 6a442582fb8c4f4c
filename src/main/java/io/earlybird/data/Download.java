package io.earlybird.data;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;

/**
 * Fetches one file whose checksum is known. It grows in a file of the same name with {@code .part}
 * behind it, which a later try goes on with, and gets its own name when its checksum is right.
 *
 * @param address where it comes from
 * @param target the file; its folder is made if need be
 * @param checksum what it must be
 */
record Download(URI address, Path target, Checksum checksum) {
  /** Connections that may break before the download is given up. */
  private static final int TRIES = 4;

  /**
   * Fetches it, or what is missing of it.
   *
   * @throws EarlybirdException if the server cannot be reached or refuses, the checksum is wrong
   *     (what came is removed), or the file cannot be written
   */
  void run(DownloadProgress progress) {
    Path part = target.resolveSibling(target.getFileName() + ".part");
    try {
      Files.createDirectories(target.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw unwritable(target.toAbsolutePath().getParent(), e);
    }
    try (FileChannel file =
            FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = lock(file)) {
      if (lock == null) {
        throw new EarlybirdException(part + ": another process is downloading it; wait for it");
      }
      fetch(file, part, progress);
      check(part);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw unwritable(part, e);
    }
    progress.ends(target);
  }

  private static FileLock lock(FileChannel file) throws IOException {
    try {
      return file.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private void fetch(FileChannel file, Path part, DownloadProgress progress) throws IOException {
    for (int left = TRIES - 1; ; left--) {
      long before = file.size();
      try {
        new Transfer(address, file, part, progress).run();
        return;
      } catch (Transfer.Broken e) {
        boolean moved = file.size() > before;
        if (left == 0 || !moved) {
          throw failed(file, part, e.getCause());
        }
      }
    }
  }

  private EarlybirdException failed(FileChannel file, Path part, IOException cause)
      throws IOException {
    long present = file.size();
    if (present == 0) {
      Files.deleteIfExists(part);
      return new EarlybirdException("%s: %s".formatted(address, reason(cause)), cause);
    }
    return new EarlybirdException(
        String.format(
            Locale.ROOT,
            "%s: %s; %.1f MB are kept in %s, the next try goes on there",
            address,
            reason(cause),
            present / 1e6,
            part),
        cause);
  }

  private static String reason(IOException e) {
    if (e instanceof HttpTimeoutException) {
      return "the server does not answer";
    }
    if (e instanceof ConnectException) {
      return "the server cannot be reached (no network?)";
    }
    return "the connection broke" + (e.getMessage() == null ? "" : " (" + e.getMessage() + ")");
  }

  private void check(Path part) throws IOException {
    String found;
    try {
      found = checksum.of(part);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    if (!found.equals(checksum.value())) {
      Files.delete(part);
      throw new EarlybirdException(
          "%s: what came has the wrong %s (%s, not %s) and was removed; try again"
              .formatted(address, checksum.algorithm(), found, checksum.value()));
    }
  }

  private static EarlybirdException unwritable(Path file, IOException e) {
    return new EarlybirdException("%s: cannot be written: %s".formatted(file, why(e)), e);
  }

  private static String why(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    } else if (e instanceof FileAlreadyExistsException) {
      return "a file, not a folder";
    } else if (e instanceof NoSuchFileException) {
      return "no such folder";
    }
    String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return reason == null ? e.getClass().getSimpleName() : reason;
  }
}
