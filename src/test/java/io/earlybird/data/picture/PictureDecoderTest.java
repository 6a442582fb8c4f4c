package io.earlybird.data.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.data.PictureFiles;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureDecoderTest {
  /** Segment by which Adobe's programs say that inks are stored inverted. */
  private static final byte[] ADOBE = {
    (byte) 0xFF, (byte) 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0
  };

  @TempDir Path temp;
  private final PictureDecoder decoder = new PictureDecoder();
  private final Picture picture = new Picture();

  @AfterEach
  void close() {
    decoder.close();
  }

  private void decode(byte[] bytes) throws IOException {
    decoder.decode(Files.write(temp.resolve("picture.jpg"), bytes), picture);
  }

  private void refuses(byte[] bytes, String reason) {
    assertThatThrownBy(() -> decode(bytes))
        .isInstanceOf(DamagedPictureException.class)
        .hasMessageContaining("picture.jpg: ")
        .hasMessageContaining(reason)
        .hasMessageContaining("--skip-corrupt");
  }

  private void assertShows(BufferedImage image, int tolerance) {
    assertThat(picture.width()).isEqualTo(image.getWidth());
    assertThat(picture.height()).isEqualTo(image.getHeight());
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int found = picture.pixels()[y * image.getWidth() + x] >>> 8;
        int wanted = image.getRGB(x, y);
        for (int shift = 0; shift <= 16; shift += 8) {
          assertThat(found >> shift & 0xFF).isCloseTo(wanted >> shift & 0xFF, within(tolerance));
        }
      }
    }
  }

  @Test
  void pngComesBackExactlyAndJpegNearly() throws IOException {
    for (int number = 0; number < 3; number++) {
      BufferedImage image = PictureFiles.picture(31 + 8 * number, 57 - 9 * number, number);
      decode(PictureFiles.bytes(image, "png"));
      assertShows(image, 0);
      decode(PictureFiles.bytes(image, "jpg"));
      assertShows(image, 14);
    }
  }

  @Test
  void greyAndPaletteAndTransparentPicturesBecomeColours() throws IOException {
    for (int type :
        new int[] {
          BufferedImage.TYPE_BYTE_INDEXED,
          BufferedImage.TYPE_BYTE_BINARY,
          BufferedImage.TYPE_INT_ARGB
        }) {
      BufferedImage image = new BufferedImage(20, 10, type);
      image.getGraphics().drawImage(PictureFiles.picture(20, 10, 3), 0, 0, null);
      decode(PictureFiles.bytes(image, "png"));
      assertShows(image, 1);
    }
    BufferedImage grey = new BufferedImage(20, 10, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < 200; i++) {
      grey.getRaster().setSample(i % 20, i / 20, 0, i);
    }
    for (String format : List.of("jpg", "png")) {
      decode(PictureFiles.bytes(grey, format));
      for (int i = 0; i < 200; i++) {
        int pixel = picture.pixels()[i];
        assertThat(pixel >>> 24).isCloseTo(i, within(format.equals("png") ? 0 : 12));
        assertThat(pixel >>> 16 & 0xFF).isEqualTo(pixel >>> 24);
        assertThat(pixel >>> 8 & 0xFF).isEqualTo(pixel >>> 24);
      }
    }
  }

  /** A CMYK JPEG of one colour. */
  private static byte[] cmyk(int... inks) throws IOException {
    WritableRaster raster = Raster.createInterleavedRaster(0, 16, 16, 4, null);
    for (int i = 0; i < 256; i++) {
      raster.setPixel(i % 16, i / 16, inks);
    }
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
      writer.setOutput(stream);
      writer.write(null, new IIOImage(raster, null, null), null);
    } finally {
      writer.dispose();
    }
    return out.toByteArray();
  }

  private void assertOneColour(int red, int green, int blue) {
    int[] pixels = Arrays.copyOf(picture.pixels(), 256);
    for (int pixel : pixels) {
      assertThat(pixel >>> 24).isCloseTo(red, within(3));
      assertThat(pixel >>> 16 & 0xFF).isCloseTo(green, within(3));
      assertThat(pixel >>> 8 & 0xFF).isCloseTo(blue, within(3));
    }
  }

  /** As Pillow reads them: inks are stored inverted, whether the file says so or not. */
  @Test
  void inksBecomeColours() throws IOException {
    for (int[] c : new int[][] {{255, 255, 255, 255}, {0, 255, 155, 255}, {255, 255, 0, 127}}) {
      byte[] plain = cmyk(c);
      decode(plain);
      assertOneColour(c[0] * c[3] / 255, c[1] * c[3] / 255, c[2] * c[3] / 255);
      byte[] marked = new byte[plain.length + ADOBE.length];
      System.arraycopy(plain, 0, marked, 0, 2);
      System.arraycopy(ADOBE, 0, marked, 2, ADOBE.length);
      System.arraycopy(plain, 2, marked, 2 + ADOBE.length, plain.length - 2);
      decode(marked);
      assertOneColour(c[0] * c[3] / 255, c[1] * c[3] / 255, c[2] * c[3] / 255);
    }
  }

  @Test
  void whatIsNoPictureIsRefused() {
    refuses(new byte[0], "empty");
    refuses("not a picture".getBytes(java.nio.charset.StandardCharsets.UTF_8), "neither a JPEG");
    refuses(PictureFiles.bytes(PictureFiles.picture(9, 9, 1), "gif"), "neither a JPEG");
    refuses(new byte[] {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF}, "header");
  }

  @Test
  void truncatedAndDamagedPicturesAreRefused() {
    for (String format : List.of("jpg", "png")) {
      byte[] whole = PictureFiles.bytes(noise(64), format);
      for (double part : new double[] {0.2, 0.5, 0.9}) {
        byte[] cut = Arrays.copyOf(whole, (int) (whole.length * part));
        refuses(cut, format.equals("jpg") ? "JPEG" : "PNG");
      }
      // The coded data end early, which the JPEG's decoder only warns of.
      byte[] broken = whole.clone();
      broken[whole.length * 3 / 4] = (byte) 0xFF;
      broken[whole.length * 3 / 4 + 1] = (byte) 0xD9;
      refuses(broken, "damaged");
    }
  }

  private static BufferedImage noise(int side) {
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    int state = 1;
    for (int i = 0; i < side * side; i++) {
      state = state * 1664525 + 1013904223;
      image.setRGB(i % side, i / side, state >>> 8);
    }
    return image;
  }

  @Test
  void bytesAfterTheEndDoNoHarm() throws IOException {
    BufferedImage image = PictureFiles.picture(24, 24, 2);
    byte[] whole = PictureFiles.bytes(image, "jpg");
    decode(Arrays.copyOf(whole, whole.length + 100));
    assertShows(image, 14);
  }

  @Test
  void sizesHaveLimits() throws IOException {
    refuses(PictureFiles.bytes(PictureFiles.picture(1, 1, 0), "png"), "1 x 1 pixels");
    refuses(PictureFiles.bytes(PictureFiles.picture(1, 50, 0), "jpg"), "1 x 50 pixels");
    refuses(PictureFiles.bytes(PictureFiles.picture(30_000, 2, 0), "png"), "30000 x 2 pixels");
    refuses(PictureFiles.bytes(PictureFiles.picture(30_000, 2, 0), "jpg"), "30000 x 2 pixels");
    decode(PictureFiles.bytes(PictureFiles.picture(20_000, 2, 0), "png"));
    byte[] out = new byte[224 * 224 * 3];
    PictureTransform.evaluation(224).apply(picture, 0, 0, new Resampler(), out, 0);
    PictureTransform.training(224, 1).apply(picture, 0, 0, new Resampler(), out, 0);
  }

  @Test
  void photographsAreDecoded() throws IOException {
    Path photographs = Path.of("..", "shared", "data", "imagenet-sample");
    Assumptions.assumeTrue(Files.isDirectory(photographs));
    try (Stream<Path> files = Files.walk(photographs)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        decoder.decode(file, picture);
        assertThat(picture.width()).as(file.toString()).isGreaterThan(100);
      }
    }
  }
}
