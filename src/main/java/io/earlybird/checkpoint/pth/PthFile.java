package io.earlybird.checkpoint.pth;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.pickle.PickleDict;
import io.earlybird.checkpoint.pickle.PickleReader;
import io.earlybird.checkpoint.pickle.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What a file of {@code torch.save} holds, in the zip layout or the older stream layout. Such files
 * are programs for whoever trusts them; here they are data: nothing in them is ever run, and
 * whatever is not plain values, dicts, NumPy numbers and tensors is refused by name.
 *
 * @param name the file's name in messages
 * @param layout how it is stored
 * @param root its one object: values as {@link PickleReader} makes them, with {@link TorchTensor},
 *     {@link TorchStorage} and {@link TorchType} among them
 */
public record PthFile(String name, Layout layout, Object root) {
  /** A pickle's first byte; the protocol's number follows. */
  private static final byte PICKLE = (byte) 0x80;

  /** How a file is stored. */
  public enum Layout {
    /** A zip archive, PyTorch's form since 1.6. */
    ZIP,
    /** Pickles and bytes one after the other, PyTorch's form before. */
    LEGACY
  }

  /**
   * Whether a file begins as PyTorch's files do; whether it can be read is another question.
   *
   * @throws EarlybirdException if there is no such file or it cannot be read
   */
  public static boolean isOne(Path file) {
    if (Files.isDirectory(file)) {
      throw new EarlybirdException(file + ": expected a file, found a folder");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] start = in.readNBytes(4);
      boolean zip =
          start.length == 4
              && ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getInt() == ZipArchive.LOCAL;
      return zip || (start.length > 1 && start[0] == PICKLE && start[1] > 1 && start[1] < 6);
    } catch (NoSuchFileException e) {
      throw new EarlybirdException(file + ": no such file", e);
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a whole file.
   *
   * @throws EarlybirdException with file, offset and reason if it is missing, damaged, truncated,
   *     not such a file, or uses anything that is not allowed
   */
  public static PthFile read(Path file) {
    if (Files.isDirectory(file)) {
      throw new EarlybirdException(file + ": expected a file, found a folder");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return read(new FileBytes(file.toString(), channel));
    } catch (NoSuchFileException e) {
      throw new EarlybirdException(file + ": no such file", e);
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a file from memory.
   *
   * @param name what messages call it
   * @throws EarlybirdException as {@link #read(Path)}
   */
  public static PthFile parse(byte[] bytes, String name) {
    try {
      return read(new FileBytes(name, bytes));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static PthFile read(FileBytes file) throws IOException {
    if (file.size() < 4) {
      throw file.failure(0, "a PyTorch file", "a file of " + file.size() + " bytes");
    }
    boolean zip = file.read(0, 4, "a PyTorch file").getInt() == ZipArchive.LOCAL;
    return zip
        ? new PthFile(file.name(), Layout.ZIP, ZipLayout.read(file))
        : new PthFile(file.name(), Layout.LEGACY, LegacyLayout.read(file));
  }

  /**
   * The file's object, which is a dict in every checkpoint.
   *
   * @throws EarlybirdException if it is something else
   */
  public PickleDict dict() {
    if (root instanceof PickleDict dict) {
      return dict;
    }
    throw new EarlybirdException(name + ": expected a dict, found a " + Printable.kind(root));
  }
}
