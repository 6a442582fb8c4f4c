package io.earlybird.data.picture;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.leptonica.PIX;
import org.bytedeco.leptonica.global.leptonica;

/**
 * Decodes JPEG (colour, grey, CMYK, YCCK; baseline and progressive) and PNG files by libjpeg-turbo
 * and libpng, which the preset of Leptonica brings along. What a file is follows from its first
 * bytes, not from its name. Buffers are kept from picture to picture; not thread-safe.
 */
public final class PictureDecoder implements AutoCloseable {
  /** Shortest side of a picture that is taken. */
  public static final int SHORTEST_SIDE = 2;

  /** Longest side of a picture that is taken. */
  public static final int LONGEST_SIDE = 20_000;

  /** Most pixels of a picture that is taken: decoded, 4 bytes each. */
  public static final int MOST_PIXELS = 128 << 20;

  private static final long LARGEST_FILE = 1L << 30;
  private static final int FIRST_BUFFER = 1 << 18;
  private static final int BITS = 32;

  /** Place of the number of samples per pixel in the header, and that of a picture in inks. */
  private static final int SAMPLES = 2;

  private static final int INKS = 4;

  /** The segment by which Adobe's programs mark their files, without a change of colours. */
  private static final byte[] ADOBE = {
    (byte) 0xFF, (byte) 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0
  };

  static {
    // Failures are told by exceptions, never on the standard error.
    leptonica.setMsgSeverity(leptonica.L_SEVERITY_NONE);
  }

  private final IntPointer header = new IntPointer(5);
  private final IntPointer warnings = new IntPointer(1);
  private BytePointer file = new BytePointer(FIRST_BUFFER);
  private byte[] bytes = new byte[FIRST_BUFFER];

  /**
   * Decodes a file to three colours of 8 bits; transparency is dropped, as is what a PNG has beyond
   * 8 bits.
   *
   * @param path the file
   * @param picture receives size and pixels
   * @throws DamagedPictureException if it is no JPEG or PNG, truncated or damaged, or its sides are
   *     not within the limits
   * @throws EarlybirdException if it cannot be read
   */
  public void decode(Path path, Picture picture) {
    int length = read(path);
    PictureFormat format = PictureFormat.of(bytes, length);
    if (format == null) {
      throw new DamagedPictureException(
          path, length == 0 ? "the file is empty" : "neither a JPEG nor a PNG picture");
    }
    checkHeader(path, format, length);
    if (format == PictureFormat.JPEG && !JpegEnd.isThere(bytes, length)) {
      throw new DamagedPictureException(path, "the JPEG picture is truncated");
    }
    if (format == PictureFormat.JPEG && header.get(SAMPLES) == INKS) {
      length = markAsAdobes(length);
    }
    warnings.put(0, 0);
    PIX decoded = decode(format, length);
    if (decoded == null) {
      throw new DamagedPictureException(path, "the " + format + " picture is damaged");
    }
    try {
      if (warnings.get(0) > 0) {
        // The decoder goes on with whatever it finds next; such pixels are not the picture's.
        throw new DamagedPictureException(
            path, "the JPEG picture is damaged (warnings: %d)".formatted(warnings.get(0)));
      }
      copy(decoded, picture);
    } finally {
      leptonica.pixDestroy(decoded);
    }
  }

  /** Reads the file into {@link #bytes} and {@link #file}. */
  private int read(Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      long size = Files.size(path);
      if (size > LARGEST_FILE) {
        throw new DamagedPictureException(path, "a file of %,d bytes".formatted(size));
      }
      if (bytes.length < size + ADOBE.length) {
        int room = (int) (size + size / 4) + ADOBE.length;
        bytes = new byte[room];
        file.close();
        file = new BytePointer(room);
      }
      int length = in.readNBytes(bytes, 0, (int) size);
      file.position(0).put(bytes, 0, length);
      return length;
    } catch (IOException e) {
      throw new EarlybirdException(path + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Says of a picture in inks that they are stored inverted, as Adobe's programs do and as Pillow
   * takes for granted. Where the file says so itself, its own segment comes later and counts.
   *
   * @return the new length
   */
  private int markAsAdobes(int length) {
    System.arraycopy(bytes, 2, bytes, 2 + ADOBE.length, length - 2);
    System.arraycopy(ADOBE, 0, bytes, 2, ADOBE.length);
    file.position(0).put(bytes, 0, length + ADOBE.length);
    return length + ADOBE.length;
  }

  private void checkHeader(Path path, PictureFormat format, int length) {
    int failed =
        format == PictureFormat.JPEG
            ? leptonica.readHeaderMemJpeg(file, length, at(0), at(1), at(2), at(3), at(4))
            : leptonica.readHeaderMemPng(file, length, at(0), at(1), at(2), at(3), at(4));
    if (failed != 0) {
      throw new DamagedPictureException(
          path, "the header of the " + format + " picture is damaged");
    }
    int width = header.get(0);
    int height = header.get(1);
    if (Math.min(width, height) < SHORTEST_SIDE
        || Math.max(width, height) > LONGEST_SIDE
        || (long) width * height > MOST_PIXELS) {
      throw new DamagedPictureException(
          path,
          "a picture of %d x %d pixels; taken are sides of %d to %,d and at most %,d pixels"
              .formatted(width, height, SHORTEST_SIDE, LONGEST_SIDE, MOST_PIXELS));
    }
  }

  private IntPointer at(int place) {
    return header.getPointer(place);
  }

  /** The picture with 32 bits a pixel, or null. */
  private PIX decode(PictureFormat format, int length) {
    PIX plain;
    if (format == PictureFormat.JPEG) {
      plain =
          leptonica.pixReadMemJpeg(
              file, length, 0, 1, warnings, leptonica.L_JPEG_CONTINUE_WITH_BAD_DATA);
    } else {
      plain = leptonica.pixReadMemPng(file, length);
    }
    if (plain == null || leptonica.pixGetDepth(plain) == BITS) {
      return plain;
    }
    try {
      return leptonica.pixConvertTo32(plain);
    } finally {
      leptonica.pixDestroy(plain);
    }
  }

  private static void copy(PIX from, Picture to) {
    int width = leptonica.pixGetWidth(from);
    int height = leptonica.pixGetHeight(from);
    to.resize(width, height);
    // Rows of 32 bits a pixel have no padding.
    leptonica.pixGetData(from).get(to.pixels(), 0, width * height);
  }

  @Override
  public void close() {
    header.close();
    warnings.close();
    file.close();
  }
}
