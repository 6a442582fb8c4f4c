package io.earlybird.report;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes pictures in the PNG format: 8 bits per channel, red, green, blue. */
public final class Png {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

  private Png() {}

  /**
   * Encodes a picture.
   *
   * @param width pixels per row
   * @param height rows
   * @param rgb {@code width * height} pixels {@code 0xRRGGBB}, row by row from the top
   */
  public static byte[] encode(int width, int height, int[] rgb) {
    if (width < 1 || height < 1 || rgb.length != width * height) {
      throw new IllegalArgumentException(
          rgb.length + " pixels for a picture of " + width + " x " + height);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(SIGNATURE);
    byte bitDepth = 8;
    byte trueColor = 2;
    chunk(
        out,
        "IHDR",
        ByteBuffer.allocate(13).putInt(width).putInt(height).put(bitDepth).put(trueColor).array());
    chunk(out, "IDAT", deflate(rows(width, height, rgb)));
    chunk(out, "IEND", new byte[0]);
    return out.toByteArray();
  }

  /** Each row as filter type 2 ("up"): the difference to the row above, which repeats a lot. */
  private static byte[] rows(int width, int height, int[] rgb) {
    ByteBuffer rows = ByteBuffer.allocate(height * (1 + 3 * width));
    for (int y = 0; y < height; y++) {
      rows.put((byte) 2);
      for (int x = 0; x < width; x++) {
        int here = rgb[y * width + x];
        int above = y == 0 ? 0 : rgb[(y - 1) * width + x];
        for (int shift = 16; shift >= 0; shift -= 8) {
          rows.put((byte) ((here >> shift) - (above >> shift)));
        }
      }
    }
    return rows.array();
  }

  private static byte[] deflate(byte[] data) {
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    try {
      deflater.setInput(data);
      deflater.finish();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      byte[] buffer = new byte[1 << 14];
      while (!deflater.finished()) {
        out.write(buffer, 0, deflater.deflate(buffer));
      }
      return out.toByteArray();
    } finally {
      deflater.end();
    }
  }

  private static void chunk(ByteArrayOutputStream out, String type, byte[] data) {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(data);
    out.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
    out.writeBytes(name);
    out.writeBytes(data);
    out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }
}
