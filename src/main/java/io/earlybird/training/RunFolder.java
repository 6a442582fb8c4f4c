package io.earlybird.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.checkpoint.AtomicFile;
import io.earlybird.checkpoint.WriteException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The folder of one run: its settings, records and checkpoints. While it is open no other run can
 * use it.
 */
public final class RunFolder implements AutoCloseable {
  /** The run's settings. */
  public static final String CONFIG = "config.json";

  /** The run's records, one JSON object per line. */
  public static final String METRICS = "metrics.jsonl";

  private static final String KERNELS = "kernels.json";
  private static final String LOCK = ".lock";

  /** What a run writes before its first checkpoint. */
  private static final Set<String> OWN_FILES =
      Set.of(CONFIG, METRICS, KERNELS, LOCK, Records.RECORD, ScaleHistory.FILE);

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Path path;
  private final FileChannel channel;
  private final FileLock lock;

  private RunFolder(Path path, FileChannel channel, FileLock lock) {
    this.path = path;
    this.channel = channel;
    this.lock = lock;
  }

  /**
   * Begins a run in a new folder, or in one that holds no run yet.
   *
   * @throws EarlybirdException if it holds a run, is in use or cannot be written
   */
  public static RunFolder create(Path path, Settings settings) {
    requireNoRun(path);
    try {
      Files.createDirectories(path);
    } catch (FileAlreadyExistsException e) {
      throw new EarlybirdException(path + ": cannot be a run folder: it is a file", e);
    } catch (AccessDeniedException e) {
      throw new EarlybirdException(
          path + ": cannot be created: no permission to write to " + e.getFile(), e);
    } catch (IOException e) {
      throw new EarlybirdException(path + ": cannot be created: " + e.getMessage(), e);
    }
    RunFolder folder = lock(path);
    try {
      requireNoRun(path);
    } catch (RuntimeException e) {
      // Another run came and went since the first look; everything here is its own.
      folder.close();
      throw e;
    }
    try {
      folder.writeSettings(settings);
    } catch (RuntimeException e) {
      folder.discard();
      throw e;
    }
    return folder;
  }

  private static void requireNoRun(Path path) {
    if (Files.exists(path.resolve(CONFIG))) {
      throw new EarlybirdException(
          path
              + " holds a run already: continue it with --resume "
              + path
              + " or choose another folder with --save");
    }
  }

  /**
   * Opens the folder of a run to continue it. Half-written files that a killed run left are
   * removed.
   *
   * @throws EarlybirdException if it holds no run or is in use
   */
  public static RunFolder open(Path path) {
    if (!Files.isRegularFile(path.resolve(CONFIG))) {
      throw new EarlybirdException(
          path + " holds no run to resume: there is no " + CONFIG + " in it");
    }
    RunFolder folder = lock(path);
    folder.removeLeftovers();
    return folder;
  }

  private void removeLeftovers() {
    try (Stream<Path> all = Files.walk(path, 2)) {
      for (Path part : all.filter(Files::isDirectory).toList()) {
        AtomicFile.removeLeftovers(part);
      }
    } catch (IOException | UncheckedIOException e) {
      close();
      throw new EarlybirdException(
          path + ": half-written files cannot be removed: " + e.getMessage(), e);
    }
  }

  private static RunFolder lock(Path path) {
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock != null) {
        return new RunFolder(path, channel, lock);
      }
      channel.close();
      throw new EarlybirdException(path + " is in use by another run");
    } catch (AccessDeniedException e) {
      throw new EarlybirdException(path + ": no permission to write in this folder", e);
    } catch (IOException e) {
      throw new EarlybirdException(path + ": cannot be locked: " + e.getMessage(), e);
    }
  }

  private static FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  /** Where the folder is. */
  public Path path() {
    return path;
  }

  /** A folder in it, which is made if it does not exist. */
  public Path part(String name) {
    try {
      return Files.createDirectories(path.resolve(name));
    } catch (IOException e) {
      throw new WriteException(path.resolve(name), AtomicFile.reason(e, path), e);
    }
  }

  /** The settings of the run. */
  public Settings settings() {
    Path file = path.resolve(CONFIG);
    try {
      return Settings.fromJson(JSON.readTree(file.toFile()), file.toString());
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Replaces the settings of the run. */
  public void writeSettings(Settings settings) {
    try {
      byte[] text = JSON.writeValueAsBytes(settings.toJson());
      AtomicFile.write(path.resolve(CONFIG), out -> out.write(text));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Where the run's records are. */
  Path metrics() {
    return path.resolve(METRICS);
  }

  /**
   * {@code kernels.json}: on what the run computes.
   *
   * @param backend the backend, its device and libraries
   * @param bits when another run gives the same bits
   * @param kernels which kernels the run used so far, by op and shapes
   */
  private record Kernels(String backend, String bits, Map<String, String> kernels) {}

  /**
   * Which kernels the run used so far, by op and shapes; empty if it has not recorded any.
   *
   * @throws EarlybirdException if the record is damaged
   */
  public Map<String, String> kernels() {
    Path file = path.resolve(KERNELS);
    if (!Files.exists(file)) {
      return Map.of();
    }
    try {
      return JSON.readValue(file.toFile(), Kernels.class).kernels();
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Records the kernels that the run uses, so that it can go on with the same ones, and when
   * another run gives the same bits.
   */
  void writeKernels(Backend backend, Map<String, String> kernels) {
    try {
      byte[] text =
          JSON.writeValueAsBytes(
              new Kernels(backend.describe(), Backends.sameBits(backend), kernels));
      AtomicFile.write(path.resolve(KERNELS), out -> out.write(text));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Closes the folder of a run that failed before it saved anything, and removes what was begun.
   * Where there is a checkpoint or a ticket, everything stays.
   */
  public void discard() {
    try (Stream<Path> all = Files.walk(path)) {
      List<Path> deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
      if (deepestFirst.stream().noneMatch(RunFolder::isSaved)) {
        deepestFirst.stream().filter(this::isOurs).forEach(RunFolder::removeQuietly);
      }
    } catch (IOException | UncheckedIOException e) {
      // What could not be written can often not be removed either; the first failure is told.
    } finally {
      close();
    }
  }

  /** Whether there is a checkpoint or a ticket in it. */
  public boolean isSaved() {
    try (Stream<Path> all = Files.walk(path)) {
      return all.anyMatch(RunFolder::isSaved);
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }

  private static boolean isSaved(Path file) {
    return file.getFileName().toString().endsWith(".safetensors");
  }

  private boolean isOurs(Path file) {
    return OWN_FILES.contains(file.getFileName().toString()) || Files.isDirectory(file);
  }

  private static void removeQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // A folder with other files in it stays.
    }
  }

  @Override
  public void close() {
    try {
      lock.release();
      channel.close();
    } catch (IOException e) {
      throw new EarlybirdException(path + ": cannot be unlocked: " + e.getMessage(), e);
    }
  }
}
