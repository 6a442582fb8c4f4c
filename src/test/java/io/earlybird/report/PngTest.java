package io.earlybird.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PngTest {
  @ParameterizedTest
  @CsvSource({"1,1", "1,5", "7,3", "64,65"})
  void everyPixelIsReadBack(int width, int height) throws IOException {
    int[] rgb = new Random(width * 100 + height).ints(width * height, 0, 1 << 24).toArray();
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(Png.encode(width, height, rgb)));
    assertThat(image.getWidth()).isEqualTo(width);
    assertThat(image.getHeight()).isEqualTo(height);
    for (int i = 0; i < rgb.length; i++) {
      assertThat(image.getRGB(i % width, i / width) & 0xffffff).isEqualTo(rgb[i]);
    }
  }

  @Test
  void wrongSizesAreRefused() {
    assertThatThrownBy(() -> Png.encode(2, 2, new int[3]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Png.encode(0, 2, new int[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
