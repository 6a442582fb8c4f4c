package io.earlybird.checkpoint;

import io.earlybird.EarlybirdException;
import io.earlybird.tensor.HostTensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Files in the safetensors format: eight bytes with the header's length, a JSON header with each
 * tensor's type, shape and place, then the tensors' little-endian bytes without gaps.
 *
 * <p>Files are read strictly: unknown types, unknown or repeated keys, gaps, overlaps, sizes that
 * don't fit and trailing bytes are refused with the file, the offset and what was expected there.
 */
public final class Safetensors {
  private Safetensors() {}

  /**
   * What a file holds.
   *
   * @param tensors by name, in the order of the header
   * @param metadata free text by key
   */
  public record Content(Map<String, HostTensor> tensors, Map<String, String> metadata) {
    /** Copies both maps and keeps their order. */
    public Content {
      tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
      metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }
  }

  /**
   * Creates or replaces a file atomically.
   *
   * @throws EarlybirdException if it cannot be written; an old file stays as it was
   */
  public static void write(Path file, Content content) {
    List<String> places = places(content.tensors());
    byte[] header = SafetensorsHeader.format(content, places);
    AtomicFile.write(file, out -> write(out, header, content, places));
  }

  /**
   * Reads a whole file.
   *
   * @throws EarlybirdException if it is missing or anything in it is not as the format says
   */
  public static Content read(Path file) {
    return with(file, channel -> read(channel, SafetensorsHeader.read(channel, file), file));
  }

  /**
   * Reads the free text of a file, not its tensors.
   *
   * @throws EarlybirdException if it is missing or its header is not as the format says
   */
  public static Map<String, String> metadata(Path file) {
    return with(file, channel -> SafetensorsHeader.read(channel, file).metadata());
  }

  /** Work on an open file. */
  @FunctionalInterface
  interface FileWork<T> {
    T on(FileChannel channel) throws IOException;
  }

  /** Opens a file for reading, does the work and closes it; failures name the file. */
  static <T> T with(Path file, FileWork<T> work) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return work.on(channel);
    } catch (NoSuchFileException e) {
      throw new EarlybirdException(file + ": no such file", e);
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  static Content read(FileChannel channel, SafetensorsHeader header, Path file) throws IOException {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    for (SafetensorsHeader.Entry entry : header.entries()) {
      byte[] data = new byte[Math.toIntExact(entry.end() - entry.begin())];
      readFully(channel, ByteBuffer.wrap(data), header.dataAt() + entry.begin(), file);
      tensors.put(entry.name(), HostTensor.ofBytes(entry.spec(), data));
    }
    return new Content(tensors, header.metadata());
  }

  static void readFully(FileChannel channel, ByteBuffer into, long at, Path file)
      throws IOException {
    long position = at;
    while (into.hasRemaining()) {
      int count = channel.read(into, position);
      if (count < 0) {
        throw new EarlybirdException(
            file
                + ": offset "
                + position
                + ": expected "
                + into.remaining()
                + " more bytes, found the file's end");
      }
      position += count;
    }
  }

  /** The names in the order of their data: widest elements first, so that all are aligned. */
  static List<String> places(Map<String, HostTensor> tensors) {
    List<String> names = new ArrayList<>(tensors.keySet());
    names.sort(Comparator.comparingInt(name -> -tensors.get(name).dtype().bytes()));
    return names;
  }

  /**
   * Writes a file's bytes.
   *
   * @param places the names in the order of their data
   */
  static void write(OutputStream out, byte[] header, Content content, List<String> places)
      throws IOException {
    out.write(
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length).array());
    out.write(header);
    for (String name : places) {
      ByteBuffer data = content.tensors().get(name).buffer();
      out.write(data.array(), data.arrayOffset(), data.capacity());
    }
  }
}
