package io.earlybird.checkpoint.pth;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A zip archive, read strictly: the directory and the entries' own headers must agree, no two
 * entries may have the same name or overlap, checksums are checked, and an entry that unpacks to
 * absurdly more than it takes is refused.
 */
final class ZipArchive {
  static final int LOCAL = 0x04034b50;
  static final int DIRECTORY = 0x02014b50;
  static final int END = 0x06054b50;
  static final int END_64 = 0x06064b50;
  static final int LOCATOR_64 = 0x07064b50;
  static final int LOCAL_SIZE = 30;
  static final int DIRECTORY_SIZE = 46;
  static final int END_SIZE = 22;

  private static final int MAX_ENTRIES = 200_000;
  private static final int MAX_DIRECTORY = 64 << 20;
  private static final int MAX_RATIO = 100;
  private static final int ENCRYPTED = 1;
  private static final int DEFLATED = 8;
  private static final long ALWAYS_FINE = 1 << 16;

  private final FileBytes file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /**
   * An entry.
   *
   * @param packed bytes it takes in the file
   * @param size bytes it has
   * @param headerAt offset of its header
   */
  record Entry(String name, int method, int crc, long packed, long size, long headerAt) {}

  /** Where the directory is. */
  private record End(long entries, long size, long at) {}

  private ZipArchive(FileBytes file) {
    this.file = file;
  }

  /** Reads the directory. */
  static ZipArchive open(FileBytes file) throws IOException {
    ZipArchive archive = new ZipArchive(file);
    archive.readDirectory(archive.end());
    return archive;
  }

  /** The entries by name, in the directory's order. */
  Map<String, Entry> entries() {
    return entries;
  }

  private End end() throws IOException {
    long from = Math.max(0, file.size() - END_SIZE - 0xFFFF);
    ByteBuffer tail = file.read(from, file.size() - from, "the end of a zip archive");
    int at = tail.limit() - END_SIZE;
    while (at >= 0
        && (tail.getInt(at) != END
            || (tail.getShort(at + 20) & 0xFFFF) != tail.limit() - at - END_SIZE)) {
      at--;
    }
    if (at < 0) {
      throw file.failure(file.size(), "the directory of a zip archive before", "none (truncated?)");
    }
    long endAt = from + at;
    if (tail.getShort(at + 4) != 0 || tail.getShort(at + 6) != 0) {
      throw file.failure(endAt, "an archive in one part", "one in several");
    }
    if (at >= 20 && tail.getInt(at - 20) == LOCATOR_64) {
      return checked(end64(tail.getLong(at - 20 + 8)), endAt);
    }
    return checked(
        new End(
            tail.getShort(at + 10) & 0xFFFF,
            tail.getInt(at + 12) & 0xFFFFFFFFL,
            tail.getInt(at + 16) & 0xFFFFFFFFL),
        endAt);
  }

  private End end64(long at) throws IOException {
    ByteBuffer end = file.read(at, 56, "the end of a zip archive");
    if (end.getInt(0) != END_64 || end.getInt(16) != 0 || end.getInt(20) != 0) {
      throw file.failure(at, "the end of a zip archive in one part", "something else");
    }
    return new End(end.getLong(32), end.getLong(40), end.getLong(48));
  }

  private End checked(End end, long endAt) {
    if (end.entries() < 0 || end.entries() > MAX_ENTRIES) {
      throw file.failure(endAt, "at most " + MAX_ENTRIES + " entries", end.entries() + "");
    }
    if (end.size() < 0 || end.size() > MAX_DIRECTORY) {
      throw file.failure(endAt, "a directory of at most 64 MiB", end.size() + " bytes");
    }
    if (end.at() < 0 || end.at() > endAt - end.size()) {
      throw file.failure(endAt, "a directory before this", "one at " + end.at());
    }
    return end;
  }

  private void readDirectory(End end) throws IOException {
    ByteBuffer directory = file.read(end.at(), end.size(), "a zip archive's directory");
    for (long i = 0; i < end.entries(); i++) {
      long at = end.at() + directory.position();
      if (directory.remaining() < DIRECTORY_SIZE
          || directory.getInt(directory.position()) != DIRECTORY) {
        throw file.failure(at, "entry " + i + " of a zip archive", "something else");
      }
      Entry entry = entry(directory, at);
      if (entries.put(entry.name(), entry) != null) {
        throw file.failure(at, "names that differ", "'" + entry.name() + "' twice");
      }
    }
    if (directory.hasRemaining()) {
      throw file.failure(
          end.at() + directory.position(), "the directory's end", directory.remaining() + " bytes");
    }
    checkPlaces(end.at());
  }

  private Entry entry(ByteBuffer directory, long at) {
    int from = directory.position();
    int nameSize = directory.getShort(from + 28) & 0xFFFF;
    int extraSize = directory.getShort(from + 30) & 0xFFFF;
    int commentSize = directory.getShort(from + 32) & 0xFFFF;
    int next = from + DIRECTORY_SIZE + nameSize + extraSize + commentSize;
    if (next > directory.limit() || nameSize == 0 || nameSize > 1024) {
      throw file.failure(at, "an entry's name of 1 to 1024 bytes", nameSize + "");
    }
    byte[] name = new byte[nameSize];
    directory.get(from + DIRECTORY_SIZE, name);
    String text = new String(name, StandardCharsets.UTF_8);
    if (!text.chars().allMatch(c -> c >= ' ' && c != 0x7F && c != 0xFFFD)) {
      throw file.failure(at, "an entry's name of plain characters", "others");
    }
    int method = directory.getShort(from + 10);
    if ((directory.getShort(from + 8) & ENCRYPTED) != 0 || (method != 0 && method != DEFLATED)) {
      throw file.failure(
          at, "'" + text + "' to be stored or deflated", "method " + method + " or encryption");
    }
    long[] sizes = {
      directory.getInt(from + 24) & 0xFFFFFFFFL,
      directory.getInt(from + 20) & 0xFFFFFFFFL,
      directory.getInt(from + 42) & 0xFFFFFFFFL
    };
    ByteBuffer extra =
        directory.slice(from + DIRECTORY_SIZE + nameSize, extraSize).order(ByteOrder.LITTLE_ENDIAN);
    widen(sizes, extra, at);
    if ((method == 0 && sizes[0] != sizes[1]) || sizes[0] < 0 || sizes[1] < 0 || sizes[2] < 0) {
      throw file.failure(at, "'" + text + "' to be of one size", sizes[1] + " and " + sizes[0]);
    }
    directory.position(next);
    return new Entry(text, method, directory.getInt(from + 16), sizes[1], sizes[0], sizes[2]);
  }

  /** Takes those of size, packed size and place that did not fit from the 64-bit extra field. */
  private void widen(long[] sizes, ByteBuffer extra, long at) {
    while (extra.remaining() >= 4) {
      int id = extra.getShort();
      int length = extra.getShort() & 0xFFFF;
      if (length > extra.remaining()) {
        throw file.failure(at, "extra fields that fit", "one of " + length + " bytes");
      }
      ByteBuffer field = extra.slice(extra.position(), length).order(ByteOrder.LITTLE_ENDIAN);
      extra.position(extra.position() + length);
      for (int i = 0; id == 1 && i < sizes.length; i++) {
        if (sizes[i] == 0xFFFFFFFFL && field.remaining() >= 8) {
          sizes[i] = field.getLong();
        }
      }
    }
  }

  /** No entry reaches into the next one or into the directory. */
  private void checkPlaces(long directoryAt) {
    List<Entry> sorted = new ArrayList<>(entries.values());
    sorted.sort(Comparator.comparingLong(Entry::headerAt));
    for (int i = 0; i < sorted.size(); i++) {
      Entry entry = sorted.get(i);
      long limit = i + 1 < sorted.size() ? sorted.get(i + 1).headerAt() : directoryAt;
      long overhead = LOCAL_SIZE + entry.name().getBytes(StandardCharsets.UTF_8).length;
      if (entry.headerAt() > limit - overhead
          || entry.packed() > limit - overhead - entry.headerAt()) {
        throw file.failure(
            entry.headerAt(),
            "'" + entry.name() + "' of " + entry.packed() + " bytes to end before " + limit,
            "an overlap");
      }
    }
  }

  /** Offset of an entry's first byte; checks its own header on the way. */
  long dataAt(Entry entry) throws IOException {
    String what = "the header of '" + entry.name() + "'";
    ByteBuffer header = file.read(entry.headerAt(), LOCAL_SIZE, what);
    int nameSize = header.getShort(26) & 0xFFFF;
    byte[] name = file.array(entry.headerAt() + LOCAL_SIZE, nameSize, what);
    if (header.getInt(0) != LOCAL
        || header.getShort(8) != entry.method()
        || !entry.name().equals(new String(name, StandardCharsets.UTF_8))) {
      throw file.failure(entry.headerAt(), what, "something else");
    }
    return entry.headerAt() + LOCAL_SIZE + nameSize + (header.getShort(28) & 0xFFFF);
  }

  /** An entry's bytes, checked against its checksum. */
  byte[] read(Entry entry) throws IOException {
    long at = dataAt(entry);
    String what = "'" + entry.name() + "'";
    if (entry.size() > ALWAYS_FINE && entry.size() / MAX_RATIO > entry.packed()) {
      throw file.failure(
          at,
          what + " to unpack to at most " + MAX_RATIO + " times its size",
          entry.size() + " bytes from " + entry.packed());
    }
    byte[] data = file.array(at, entry.packed(), what);
    if (entry.method() == DEFLATED) {
      data = inflate(entry, data, at);
    }
    CRC32 crc = new CRC32();
    crc.update(data);
    if ((int) crc.getValue() != entry.crc()) {
      throw file.failure(
          at,
          "%s to have the checksum %08x".formatted(what, entry.crc()),
          "%08x (damaged)".formatted((int) crc.getValue()));
    }
    return data;
  }

  private byte[] inflate(Entry entry, byte[] packed, long at) {
    if (entry.size() > Integer.MAX_VALUE - 8) {
      throw file.failure(at, "less than 2 GiB", entry.size() + " bytes");
    }
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(packed);
      byte[] data = new byte[(int) entry.size()];
      int count = 0;
      int got;
      while (count < data.length
          && (got = inflater.inflate(data, count, data.length - count)) > 0) {
        count += got;
      }
      if (count < data.length || inflater.inflate(new byte[1]) != 0 || !inflater.finished()) {
        throw file.failure(
            at, "'" + entry.name() + "' to unpack to " + data.length + " bytes", "another number");
      }
      return data;
    } catch (DataFormatException e) {
      throw file.failure(at, "'" + entry.name() + "' to be deflated", "damage: " + e.getMessage());
    } finally {
      inflater.end();
    }
  }
}
