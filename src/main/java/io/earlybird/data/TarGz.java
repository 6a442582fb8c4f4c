package io.earlybird.data;

import io.earlybird.EarlybirdException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Reads chosen files out of a {@code .tar.gz} archive, in one pass and writing nothing to disk. */
final class TarGz {
  private static final int BLOCK = 512;
  private static final int BUFFER = 1 << 16;

  private TarGz() {}

  /** Takes the content of one file. */
  interface Visitor {
    /**
     * Called once per file.
     *
     * @param name its path inside the archive
     * @param size its size in bytes
     * @param in yields the content; need not be read to its end
     */
    void file(String name, long size, InputStream in) throws IOException;
  }

  /**
   * Visits the wanted files in the order of the archive.
   *
   * @param wanted paths inside the archive, e.g. {@code folder/file}
   * @return the wanted paths that were not there
   * @throws EarlybirdException naming the archive, if it is damaged or truncated
   * @throws IOException if it cannot be read, or from the visitor
   */
  static Set<String> visit(Path archive, Set<String> wanted, Visitor visitor) throws IOException {
    Set<String> missing = new HashSet<>(wanted);
    try (InputStream in =
        new BufferedInputStream(
            new GZIPInputStream(Files.newInputStream(archive), BUFFER), BUFFER)) {
      byte[] header = new byte[BLOCK];
      while (!missing.isEmpty() && in.readNBytes(header, 0, BLOCK) == BLOCK && header[0] != 0) {
        check(header, archive);
        long size = number(header, 124, 12, archive);
        String name = path(header);
        boolean regular = header[156] == '0' || header[156] == 0;
        Entry entry = new Entry(in, size);
        if (regular && missing.remove(name)) {
          visitor.file(name, size, entry);
        }
        entry.skipNBytes(entry.left);
        in.skipNBytes((BLOCK - size % BLOCK) % BLOCK);
      }
    } catch (EOFException e) {
      throw new EarlybirdException(archive + ": the archive is truncated", e);
    } catch (ZipException e) {
      throw new EarlybirdException(archive + ": not a sound gzip file: " + e.getMessage(), e);
    }
    return missing;
  }

  private static String path(byte[] header) {
    String prefix = header[345] == 0 ? "" : string(header, 345, 155) + "/";
    String path = prefix + string(header, 0, 100);
    return path.startsWith("./") ? path.substring(2) : path;
  }

  private static String string(byte[] header, int offset, int length) {
    int end = offset;
    while (end < offset + length && header[end] != 0) {
      end++;
    }
    return new String(header, offset, end - offset, StandardCharsets.UTF_8);
  }

  private static long number(byte[] header, int offset, int length, Path archive) {
    String digits = string(header, offset, length).strip();
    try {
      long value = Long.parseLong(digits, 8);
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Falls through to the one message for all damaged headers.
    }
    throw damaged(archive);
  }

  /** The header's sum of bytes, with its own field counted as blanks. */
  private static void check(byte[] header, Path archive) {
    int sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xFF;
    }
    if (sum != number(header, 148, 8, archive)) {
      throw damaged(archive);
    }
  }

  private static EarlybirdException damaged(Path archive) {
    return new EarlybirdException(archive + ": damaged, an entry's header is not a tar header");
  }

  /** The bytes of one entry, and no more; a premature end of the archive is an EOFException. */
  private static final class Entry extends InputStream {
    private final InputStream in;
    private long left;

    Entry(InputStream in, long size) {
      this.in = in;
      this.left = size;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (left == 0 || length == 0) {
        return length == 0 ? 0 : -1;
      }
      int count = in.read(buffer, offset, (int) Math.min(length, left));
      if (count < 0) {
        throw new EOFException();
      }
      left -= count;
      return count;
    }
  }
}
