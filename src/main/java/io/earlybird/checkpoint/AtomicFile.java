package io.earlybird.checkpoint;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes files so that a reader, or a run killed at any moment, finds the old content or the whole
 * new one: temporary file in the same folder, fsync, rename, fsync of the folder.
 */
public final class AtomicFile {
  private AtomicFile() {}

  /** Writes a file's content. */
  @FunctionalInterface
  public interface Content {
    /**
     * @param out buffered; flushed and closed by the caller
     * @throws IOException if writing fails
     */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Creates or replaces a file. If anything fails the temporary file is removed and an old file
   * stays as it was.
   *
   * @throws WriteException if the folder is missing or not writable or the disk is full
   */
  public static void write(Path file, Content content) {
    Path target = file.toAbsolutePath();
    Path folder = target.getParent();
    if (folder == null || Files.isDirectory(target)) {
      throw new WriteException(file, "it is a folder", null);
    }
    Path temporary = temporary(target);
    try {
      fill(temporary, content);
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      syncFolder(folder);
    } catch (IOException e) {
      remove(temporary, e);
      throw new WriteException(file, reason(e, folder), e);
    } catch (RuntimeException | Error e) {
      remove(temporary, e);
      throw e;
    }
  }

  /**
   * Removes what writers that were killed left in a folder. No one may be writing there.
   *
   * @throws IOException if the folder cannot be read or a file cannot be removed
   */
  public static void removeLeftovers(Path folder) throws IOException {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, ".*.tmp")) {
      for (Path file : all) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** A name in the same folder that no other process or thread uses. */
  private static Path temporary(Path target) {
    return target.resolveSibling(
        String.format(
            ".%s.%d-%d.tmp",
            target.getFileName(), ProcessHandle.current().pid(), Thread.currentThread().getId()));
  }

  private static void fill(Path temporary, Content content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
      content.writeTo(out);
      out.flush();
      channel.force(true);
    }
  }

  private static void syncFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void remove(Path temporary, Throwable failure) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /**
   * Why something could not be written in a folder, in a few words.
   *
   * @param e what the system threw
   */
  public static String reason(IOException e, Path folder) {
    if (e instanceof AccessDeniedException) {
      return "no permission to write in " + folder;
    }
    if (e instanceof NoSuchFileException && !Files.exists(folder)) {
      return "the folder " + folder + " does not exist";
    }
    if (e instanceof FileSystemException f) {
      return f.getReason() != null ? f.getReason() : "no file can be made in " + folder;
    }
    return e.getMessage();
  }
}
