package io.earlybird.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Pictures drawn by a formula, written by the JDK. */
public final class PictureFiles {
  private PictureFiles() {}

  /** A smooth colour picture that differs with its number. */
  public static BufferedImage picture(int width, int height, int number) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int red = 255 * x / width;
        int green = 255 * y / height;
        int blue = 40 * number % 256;
        image.setRGB(x, y, red << 16 | green << 8 | blue);
      }
    }
    return image;
  }

  /** The bytes of an image in a format of the JDK, {@code jpg}, {@code png} or {@code gif}. */
  public static byte[] bytes(BufferedImage image, String format) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, format, out)) {
        throw new IllegalArgumentException("no writer for " + format);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /**
   * A folder with {@code train/CLASS} and {@code val/CLASS}, classes {@code ant} and {@code bee},
   * JPEG and PNG, of different sizes.
   *
   * @param perClass training pictures per class; one less for tests
   */
  public static Path folder(Path root, int perClass) throws IOException {
    int number = 0;
    for (String split : new String[] {"train", "val"}) {
      for (String of : new String[] {"ant", "bee"}) {
        Path folder = Files.createDirectories(root.resolve(split).resolve(of));
        for (int i = 0; i < (split.equals("train") ? perClass : perClass - 1); i++) {
          String format = i % 3 == 2 ? "png" : "jpg";
          byte[] bytes = bytes(picture(40 + 5 * i, 60 - 3 * i, number++), format);
          Files.write(folder.resolve("picture" + i + "." + format), bytes);
        }
      }
    }
    return root;
  }

  /** The file cut to a part of its length. */
  public static void truncate(Path file, double part) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, (int) (bytes.length * part)));
  }
}
