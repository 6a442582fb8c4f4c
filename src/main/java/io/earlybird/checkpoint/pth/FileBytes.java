package io.earlybird.checkpoint.pth;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/**
 * The bytes of a file that others may have damaged, by offset; short reads name what was wanted.
 */
final class FileBytes {
  private final String name;
  private final FileChannel channel;
  private final byte[] content;
  private final long size;

  /** The bytes of an open file. */
  FileBytes(String name, FileChannel channel) throws IOException {
    this.name = name;
    this.channel = channel;
    this.content = null;
    this.size = channel.size();
  }

  /** Bytes in memory. */
  FileBytes(String name, byte[] content) {
    this.name = name;
    this.channel = null;
    this.content = content;
    this.size = content.length;
  }

  long size() {
    return size;
  }

  /**
   * Reads bytes.
   *
   * @param what what is expected there, for the message
   * @return a buffer at position 0, little-endian
   */
  ByteBuffer read(long at, long count, String what) throws IOException {
    if (count < 0 || count > Integer.MAX_VALUE - 8) {
      throw failure(at, "less than 2 GiB", what + " of " + count + " bytes");
    }
    if (at < 0 || at > size - count) {
      throw failure(at, what + " of " + count + " bytes", "the file's end at " + size);
    }
    if (content != null) {
      return ByteBuffer.wrap(content, (int) at, (int) count).slice().order(ByteOrder.LITTLE_ENDIAN);
    }
    ByteBuffer buffer = ByteBuffer.allocate((int) count).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, at + buffer.position()) < 0) {
        throw failure(at, what + " of " + count + " bytes", "the file's end");
      }
    }
    return buffer.flip();
  }

  /** As {@link #read}, as an array of its own. */
  byte[] array(long at, long count, String what) throws IOException {
    ByteBuffer buffer = read(at, count, what);
    if (content == null) {
      return buffer.array();
    }
    byte[] copy = new byte[buffer.remaining()];
    buffer.get(copy);
    return copy;
  }

  /** The file's name in messages. */
  String name() {
    return name;
  }

  /** A failure that says what was expected where. */
  EarlybirdException failure(long at, String expected, String found) {
    return new EarlybirdException(
        name + ": offset " + at + ": expected " + expected + ", found " + found);
  }
}
