package io.earlybird.data;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.pickle.NumpyArray;
import io.earlybird.checkpoint.pickle.PickleDict;
import io.earlybird.checkpoint.pickle.PickleReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Decodes CIFAR files into pictures [N,32,32,3] and labels. On disk a picture is three planes (red,
 * green, blue) of 32x32 bytes.
 */
final class CifarReader {
  private static final int PLANE = CifarLayout.SIZE * CifarLayout.SIZE;

  /** A Python file holds the pixels, the labels and the pictures' names of under 80 bytes each. */
  private static final int PYTHON_EXTRA_BYTES = 256;

  private final CifarLayout layout;
  private final byte[] pixels;
  private final int[] labels;

  /** Will fill the two arrays. */
  CifarReader(CifarLayout layout, byte[] pixels, int[] labels) {
    this.layout = layout;
    this.pixels = pixels;
    this.labels = labels;
  }

  int[] labels() {
    return labels;
  }

  /**
   * Decodes a file of the binary form.
   *
   * @param file name for messages
   * @param size size of the file in bytes
   * @param records number of records it must have
   * @param first index of the first record in the arrays
   * @throws EarlybirdException if the size is wrong or a label out of range
   */
  void readBinary(String file, long size, int records, InputStream in, int first)
      throws IOException {
    int bytes = layout.recordBytes();
    long expected = (long) records * bytes;
    if (size != expected) {
      throw wrongSize(file, size, "%d (%d records of %d)".formatted(expected, records, bytes));
    }
    byte[] buffer = new byte[bytes];
    for (int i = 0; i < records; i++) {
      if (in.readNBytes(buffer, 0, bytes) != bytes) {
        throw wrongSize(file, (long) i * bytes, Long.toString(expected));
      }
      labels[first + i] = layout.checked(buffer[layout.labelBytes() - 1] & 0xFF, file, i);
      interleave(ByteBuffer.wrap(buffer), layout.labelBytes(), first + i);
    }
  }

  private static EarlybirdException wrongSize(String file, long size, String expected) {
    return new EarlybirdException(
        "%s has %d bytes, expected %s; it is damaged or incomplete, fetch and unpack it again"
            .formatted(file, size, expected));
  }

  /**
   * As {@link #readBinary} for the Python form: a pickled dict of an array and a list of labels.
   */
  void readPython(String file, long size, int records, InputStream in, int first)
      throws IOException {
    long largest = (long) records * (CifarLayout.IMAGE_BYTES + PYTHON_EXTRA_BYTES) + (1 << 16);
    if (size > largest) {
      throw wrongSize(file, size, "at most " + largest);
    }
    ByteBuffer pickle = ByteBuffer.wrap(in.readNBytes((int) size));
    Object value = new PickleReader(file, pickle, NumpyArray.GLOBALS).read();
    if (!(value instanceof PickleDict dict)
        || !(dict.get("data") instanceof NumpyArray data)
        || !(dict.get(layout.labelKey()) instanceof List<?> list)) {
      throw new EarlybirdException(
          "%s: not a file of %s: expected a dict with an array 'data' and a list '%s'"
              .formatted(file, layout.title(), layout.labelKey()));
    }
    checkArray(file, data, records);
    if (list.size() != records) {
      throw new EarlybirdException(
          "%s: %d labels, expected %d".formatted(file, list.size(), records));
    }
    ByteBuffer planes = data.data();
    for (int i = 0; i < records; i++) {
      long label = list.get(i) instanceof Long number ? number : -1;
      labels[first + i] = layout.checked(label, file, i);
      interleave(planes, i * CifarLayout.IMAGE_BYTES, first + i);
    }
  }

  private static void checkArray(String file, NumpyArray data, int records) {
    int[] shape = data.shape();
    boolean fits =
        shape.length == 2
            && shape[0] == records
            && shape[1] == CifarLayout.IMAGE_BYTES
            && data.type().endsWith("u1")
            && !data.fortranOrder();
    if (!fits) {
      throw new EarlybirdException(
          "%s: its array 'data' is not [%d,%d] of unsigned bytes in C order"
              .formatted(file, records, CifarLayout.IMAGE_BYTES));
    }
  }

  /** From three planes to three bytes per pixel. */
  private void interleave(ByteBuffer planes, int from, int picture) {
    int to = picture * CifarLayout.IMAGE_BYTES;
    for (int p = 0; p < PLANE; p++) {
      for (int c = 0; c < CifarLayout.CHANNELS; c++) {
        pixels[to++] = planes.get(from + c * PLANE + p);
      }
    }
  }
}
