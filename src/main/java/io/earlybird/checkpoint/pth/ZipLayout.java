package io.earlybird.checkpoint.pth;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.pickle.PickleReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * PyTorch's files since 1.6: a zip archive of {@code NAME/data.pkl}, whose storages are the entries
 * {@code NAME/data/KEY}, {@code NAME/version} and, in newer ones, {@code NAME/byteorder}.
 */
final class ZipLayout {
  /** The largest pickle that is read; a hundred times what the deepest network here needs. */
  static final int MAX_PICKLE = 16 << 20;

  private static final String PICKLE = "/data.pkl";
  private static final int LAST_VERSION = 10;

  private final FileBytes file;
  private final ZipArchive archive;
  private final String folder;

  private ZipLayout(FileBytes file, ZipArchive archive) {
    this.file = file;
    this.archive = archive;
    this.folder = folder();
  }

  /** Reads the file's one object, its storages filled. */
  static Object read(FileBytes file) throws IOException {
    return new ZipLayout(file, ZipArchive.open(file)).read();
  }

  private String folder() {
    String found = null;
    for (String name : archive.entries().keySet()) {
      if (name.endsWith(PICKLE)) {
        if (found != null) {
          throw file.failure(0, "one entry" + PICKLE, "'" + found + "' and '" + name + "'");
        }
        found = name;
      }
    }
    if (found == null || found.indexOf('/') != found.length() - PICKLE.length()) {
      throw file.failure(0, "a PyTorch file", "a zip archive without an entry FOLDER" + PICKLE);
    }
    return found.substring(0, found.length() - PICKLE.length());
  }

  private Object read() throws IOException {
    if (archive.entries().containsKey(folder + "/constants.pkl")) {
      throw file.failure(0, "a checkpoint", "a TorchScript program");
    }
    checkVersion();
    ZipArchive.Entry entry = archive.entries().get(folder + PICKLE);
    long at = archive.dataAt(entry);
    if (entry.size() > MAX_PICKLE) {
      throw file.failure(at, "a pickle of at most 16 MiB", entry.size() + " bytes");
    }
    ByteBuffer pickle = ByteBuffer.wrap(archive.read(entry));
    TorchGlobals globals = new TorchGlobals(pickle.remaining());
    boolean stored = entry.packed() == entry.size();
    String source = stored ? file.name() : file.name() + " (unpacked '" + entry.name() + "')";
    Object root =
        new PickleReader(source, pickle, globals.names())
            .withPersistentObjects(globals::storage)
            .withOffset(stored ? at : 0)
            .read();
    if (pickle.hasRemaining()) {
      throw file.failure(
          at + pickle.position(), "the pickle's end", pickle.remaining() + " more bytes");
    }
    try {
      globals.checkSharing();
    } catch (IllegalArgumentException e) {
      throw new EarlybirdException(file.name() + ": offset " + at + ": " + e.getMessage(), e);
    }
    for (TorchStorage storage : globals.storages().values()) {
      storage.fill(bytes(storage, at));
    }
    return root;
  }

  private byte[] bytes(TorchStorage storage, long pickleAt) throws IOException {
    String name = folder + "/data/" + storage.key();
    ZipArchive.Entry entry = archive.entries().get(name);
    if (entry == null) {
      throw file.failure(pickleAt, "an entry '" + name + "' for " + storage, "none");
    }
    if (entry.size() != storage.bytes()) {
      throw file.failure(
          archive.dataAt(entry),
          storage.bytes() + " bytes for " + storage,
          entry.size() + " in '" + name + "'");
    }
    return archive.read(entry);
  }

  private void checkVersion() throws IOException {
    String version = text("version");
    if (version != null && !version.matches("[1-9]|" + LAST_VERSION)) {
      throw file.failure(0, "a version from 1 to " + LAST_VERSION, "'" + version + "'");
    }
    String order = text("byteorder");
    if (order != null && !order.equals("little")) {
      throw file.failure(0, "byteorder 'little'", "'" + order + "'");
    }
  }

  /** The text of a short entry; null if there is none. */
  private String text(String name) throws IOException {
    ZipArchive.Entry entry = archive.entries().get(folder + "/" + name);
    if (entry == null) {
      return null;
    }
    if (entry.size() > 16) {
      throw file.failure(archive.dataAt(entry), "'" + name + "' of a few bytes", entry.size() + "");
    }
    String text = new String(archive.read(entry), StandardCharsets.ISO_8859_1).strip();
    return text.replaceAll("[^!-~]", "?");
  }
}
