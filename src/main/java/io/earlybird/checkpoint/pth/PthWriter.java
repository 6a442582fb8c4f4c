package io.earlybird.checkpoint.pth;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.AtomicFile;
import io.earlybird.tensor.HostTensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Writes files in PyTorch's zip layout, atomically. Entries are stored, and their data begin at
 * multiples of 64 bytes as PyTorch's do, so that a reader can map them. The same values give the
 * same bytes.
 */
final class PthWriter {
  private static final String FOLDER = "archive/";
  private static final int ALIGNMENT = 64;
  private static final int PADDING_FIELD = 0x4246;
  private static final int UTF8_NAMES = 0x0800;
  private static final int ZIP_VERSION = 20;
  private static final int FIRST_OF_JANUARY_1980 = 0x21;
  private static final long LARGEST = 0xFFFFFFFEL;
  private static final int MOST_ENTRIES = 0xFFFE;

  private PthWriter() {}

  /** An entry with its place in the file. */
  private record Entry(String name, ByteBuffer data, int crc, long at, int padding) {
    long end() {
      return at + ZipArchive.LOCAL_SIZE + name.length() + padding + data.remaining();
    }
  }

  /**
   * Creates or replaces a file.
   *
   * @param root as {@link PickleWriter} takes it
   * @throws EarlybirdException if it cannot be written or takes 4 GiB or more
   */
  static void write(Path file, Object root) {
    PickleWriter pickler = new PickleWriter();
    Map<String, ByteBuffer> contents = new LinkedHashMap<>();
    contents.put("data.pkl", ByteBuffer.wrap(pickler.pickle(root)));
    contents.put("byteorder", text("little"));
    List<HostTensor> storages = pickler.storages();
    for (int i = 0; i < storages.size(); i++) {
      contents.put("data/" + i, storages.get(i).buffer());
    }
    contents.put("version", text("3\n"));
    List<Entry> entries = place(contents);
    long end = entries.get(entries.size() - 1).end();
    if (end > LARGEST - (1 << 24) || entries.size() > MOST_ENTRIES) {
      throw new EarlybirdException(file + ": cannot be written: it would take 4 GiB or more");
    }
    AtomicFile.write(file, out -> write(out, entries, end));
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static List<Entry> place(Map<String, ByteBuffer> contents) {
    List<Entry> entries = new ArrayList<>();
    long at = 0;
    for (Map.Entry<String, ByteBuffer> content : contents.entrySet()) {
      String name = FOLDER + content.getKey();
      CRC32 crc = new CRC32();
      crc.update(content.getValue().duplicate());
      long dataAt = at + ZipArchive.LOCAL_SIZE + name.length() + 4;
      int fill = (int) ((ALIGNMENT - dataAt % ALIGNMENT) % ALIGNMENT);
      Entry entry = new Entry(name, content.getValue(), (int) crc.getValue(), at, 4 + fill);
      entries.add(entry);
      at = entry.end();
    }
    return entries;
  }

  private static void write(OutputStream out, List<Entry> entries, long end) throws IOException {
    for (Entry entry : entries) {
      out.write(local(entry).array());
      ByteBuffer data = entry.data();
      out.write(data.array(), data.arrayOffset(), data.remaining());
    }
    long directorySize = 0;
    for (Entry entry : entries) {
      byte[] header = directory(entry).array();
      out.write(header);
      directorySize += header.length;
    }
    ByteBuffer last = buffer(ZipArchive.END_SIZE);
    last.putInt(0, ZipArchive.END);
    last.putShort(8, (short) entries.size());
    last.putShort(10, (short) entries.size());
    last.putInt(12, (int) directorySize);
    last.putInt(16, (int) end);
    out.write(last.array());
  }

  private static ByteBuffer local(Entry entry) {
    ByteBuffer header = buffer(ZipArchive.LOCAL_SIZE + entry.name().length() + entry.padding());
    header.putInt(ZipArchive.LOCAL).putShort((short) ZIP_VERSION);
    common(header, entry);
    header.putShort((short) entry.padding());
    header.put(entry.name().getBytes(StandardCharsets.US_ASCII));
    header.putShort((short) PADDING_FIELD).putShort((short) (entry.padding() - 4));
    while (header.hasRemaining()) {
      header.put((byte) 'Z');
    }
    return header;
  }

  private static ByteBuffer directory(Entry entry) {
    ByteBuffer header = buffer(ZipArchive.DIRECTORY_SIZE + entry.name().length());
    header.putInt(ZipArchive.DIRECTORY).putShort((short) ZIP_VERSION).putShort((short) ZIP_VERSION);
    common(header, entry);
    header.putShort((short) 0).putShort((short) 0).putShort((short) 0).putShort((short) 0);
    header.putInt(0).putInt((int) entry.at());
    header.put(entry.name().getBytes(StandardCharsets.US_ASCII));
    return header;
  }

  /** Flags, method, time, date, checksum, both sizes, length of the name. */
  private static void common(ByteBuffer header, Entry entry) {
    header.putShort((short) UTF8_NAMES).putShort((short) 0);
    header.putShort((short) 0).putShort((short) FIRST_OF_JANUARY_1980);
    header.putInt(entry.crc()).putInt(entry.data().remaining()).putInt(entry.data().remaining());
    header.putShort((short) entry.name().length());
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
