package io.earlybird.checkpoint.pth;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.pickle.PickleBytes;
import io.earlybird.checkpoint.pickle.PickleDict;
import io.earlybird.checkpoint.pickle.PickleReader;
import io.earlybird.checkpoint.pickle.Printable;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * PyTorch's files before 1.6: pickles of a magic number, a protocol number, facts about the system,
 * the object and the storages' keys one after the other, then each storage's number of elements and
 * its bytes.
 */
final class LegacyLayout {
  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final long PROTOCOL = 1001;

  private final FileBytes file;
  private final ByteBuffer pickles;

  private LegacyLayout(FileBytes file) throws IOException {
    this.file = file;
    long size = Math.min(file.size(), ZipLayout.MAX_PICKLE);
    this.pickles = file.read(0, size, "a PyTorch file");
  }

  /** Reads the file's one object, its storages filled. */
  static Object read(FileBytes file) throws IOException {
    return new LegacyLayout(file).read();
  }

  private Object read() throws IOException {
    Object magic = plain(0);
    if (!MAGIC.equals(magic)) {
      throw file.failure(0, "PyTorch's magic number", Printable.of(magic));
    }
    int at = pickles.position();
    Object protocol = plain(at);
    if (!Long.valueOf(PROTOCOL).equals(protocol)) {
      throw file.failure(at, "PyTorch's protocol number 1001", Printable.of(protocol));
    }
    at = pickles.position();
    Object system = plain(at);
    if (!(system instanceof PickleDict facts)) {
      throw file.failure(at, "facts about the system", Printable.kind(system));
    }
    if (Boolean.FALSE.equals(facts.get("little_endian"))) {
      throw file.failure(at, "a file of a little-endian machine", "a big-endian one's");
    }
    at = pickles.position();
    TorchGlobals globals = new TorchGlobals(pickles.remaining());
    Object root =
        new PickleReader(file.name(), pickles, globals.names())
            .withPersistentObjects(globals::storage)
            .read();
    try {
      globals.checkSharing();
    } catch (IllegalArgumentException e) {
      throw new EarlybirdException(file.name() + ": offset " + at + ": " + e.getMessage(), e);
    }
    fill(globals.storages());
    return root;
  }

  private Object plain(int at) {
    try {
      return new PickleReader(file.name(), pickles, Map.of()).read();
    } catch (EarlybirdException e) {
      if (at > 0) {
        throw e;
      }
      throw new EarlybirdException(e.getMessage() + " (is this a PyTorch file?)", e);
    }
  }

  private void fill(Map<String, TorchStorage> storages) throws IOException {
    int keysAt = pickles.position();
    Object keys = plain(keysAt);
    if (!(keys instanceof List<?> list)) {
      throw file.failure(keysAt, "the list of storages", Printable.kind(keys));
    }
    long at = pickles.position();
    Set<String> filled = new HashSet<>();
    for (Object item : list) {
      String key = PickleBytes.text(item);
      TorchStorage storage = key == null ? null : storages.get(key);
      if (storage == null || !filled.add(key)) {
        throw file.failure(
            keysAt, "each storage of the object once", "'" + Printable.of(item) + "'");
      }
      long count = file.read(at, 8, "the size of " + storage).getLong();
      if (count != storage.size()) {
        throw file.failure(at, storage.size() + " elements for " + storage, count + "");
      }
      storage.fill(file.array(at + 8, storage.bytes(), storage.toString()));
      at += 8 + storage.bytes();
    }
    for (String key : storages.keySet()) {
      if (!filled.contains(key)) {
        throw file.failure(keysAt, "storage '" + Printable.of(key) + "' in the list", "none");
      }
    }
    if (at != file.size()) {
      throw file.failure(at, "the file's end", file.size() - at + " more bytes");
    }
  }
}
