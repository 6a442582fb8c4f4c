package io.earlybird.training;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.AtomicFile;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.checkpoint.KeepPolicy;
import io.earlybird.checkpoint.WriteException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The checkpoints of one training run: the newest, from which it resumes, the best, and those of
 * single epochs that the user wants to keep. A thread of its own writes them while training goes
 * on. An epoch's file is a second name of the newest one, so keeping it costs no second write.
 */
final class CheckpointStore implements AutoCloseable {
  /** The newest. */
  static final String NEWEST = "checkpoint.safetensors";

  /** The one with the best test accuracy. */
  static final String BEST = "model_best.safetensors";

  /** How long a disk may take for a checkpoint. */
  private static final int CLOSE_SECONDS = 600;

  private static final Pattern EPOCH = Pattern.compile("ckpt(\\d{1,9})\\.(safetensors|pth\\.tar)");

  private final Path folder;
  private final KeepPolicy keep;
  private final OriginalOutput original;
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "checkpoint-writer");
            thread.setDaemon(true);
            return thread;
          });
  private Future<?> pending;

  /**
   * The checkpoints in a folder.
   *
   * @param original what is written in the original's form, or null
   */
  CheckpointStore(Path folder, KeepPolicy keep, OriginalOutput original) {
    this.folder = folder;
    this.keep = keep;
    this.original = original;
  }

  /** The file from which the run resumes. */
  Path newest() {
    return folder.resolve(NEWEST);
  }

  /** Writes the newest checkpoint, in the background; waits only for the one before. */
  void save(Checkpoint checkpoint) {
    flush();
    pending = writer.submit(() -> checkpoint.write(newest()));
  }

  /**
   * Writes the checkpoint of a finished epoch, in the background.
   *
   * @param epoch index of the epoch
   * @param bestEpoch index of the best epoch so far
   */
  void saveEpoch(Checkpoint checkpoint, int epoch, int bestEpoch) {
    flush();
    pending =
        writer.submit(
            () -> {
              checkpoint.write(newest());
              nameEpoch(checkpoint, epoch, bestEpoch);
            });
  }

  /**
   * Gives the newest file the other names of its epoch, which a kill may have prevented.
   *
   * @param checkpoint what it holds
   * @param epoch index of the epoch that is done in it
   * @param bestEpoch index of the best epoch so far
   */
  void complete(Checkpoint checkpoint, int epoch, int bestEpoch) {
    nameEpoch(checkpoint, epoch, bestEpoch);
  }

  private void nameEpoch(Checkpoint checkpoint, int epoch, int bestEpoch) {
    name(newest(), epochFile(epoch));
    if (epoch == bestEpoch) {
      name(newest(), folder.resolve(BEST));
    }
    if (original != null) {
      original.epoch(checkpoint, epoch);
      if (epoch == bestEpoch) {
        name(original.epochFile(epoch), original.bestFile());
      }
    }
    removeSurplus(bestEpoch);
  }

  private Path epochFile(int epoch) {
    return folder.resolve("ckpt" + epoch + ".safetensors");
  }

  /** Gives a file another name, which it keeps when a newer one takes its place. */
  private static void name(Path newest, Path file) {
    Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
    try {
      Files.deleteIfExists(temporary);
      try {
        Files.createLink(temporary, newest);
      } catch (UnsupportedOperationException | FileSystemException e) {
        Files.copy(newest, temporary);
      }
      Files.move(
          temporary,
          file,
          java.nio.file.StandardCopyOption.ATOMIC_MOVE,
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      // Moving a name onto another name of the same file leaves both.
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      throw new WriteException(file, AtomicFile.reason(e, file.toAbsolutePath().getParent()), e);
    }
  }

  private void removeSurplus(int bestEpoch) {
    try (Stream<Path> files = Files.list(folder)) {
      SortedSet<Integer> saved = new TreeSet<>();
      files.forEach(
          file -> {
            Matcher name = EPOCH.matcher(file.getFileName().toString());
            if (name.matches()) {
              saved.add(Integer.valueOf(name.group(1)));
            }
          });
      for (int epoch : keep.surplus(saved, bestEpoch)) {
        Files.deleteIfExists(epochFile(epoch));
        if (original != null && original.hasFilePerEpoch()) {
          Files.deleteIfExists(original.epochFile(epoch));
        }
      }
    } catch (IOException e) {
      throw new EarlybirdException(
          folder + ": old checkpoints cannot be removed: " + e.getMessage(), e);
    }
  }

  /**
   * Waits until everything is on disk.
   *
   * @throws EarlybirdException if writing failed
   */
  void flush() {
    if (pending == null) {
      return;
    }
    try {
      pending.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException known) {
        throw known;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EarlybirdException("interrupted while " + newest() + " was written", e);
    } finally {
      pending = null;
    }
  }

  /**
   * Ends the writing thread once what it has begun is on disk; call {@link #flush} before, to learn
   * of failures.
   */
  @Override
  public void close() {
    writer.shutdown();
    try {
      if (!writer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        throw new WriteException(
            newest(), "the disk did not take it within " + CLOSE_SECONDS + " s", null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
