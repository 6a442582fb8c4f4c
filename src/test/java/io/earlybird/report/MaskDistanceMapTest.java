package io.earlybird.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MaskDistanceMapTest {
  private static final int LEFT = 66;
  private static final int TOP = 62;
  private static final int RED = 0xe0191c;
  private static final int YELLOW = 0xfde725;
  private static final int VIOLET = 0x440154;

  @TempDir Path folder;

  @Test
  void smallDistancesAreWarmAndTheLargestIsCold() throws IOException {
    BufferedImage image = draw(distances(6), -1);
    int cell = 60;
    assertThat(color(image, LEFT + cell / 2, TOP + cell / 2)).isEqualTo(YELLOW);
    assertThat(color(image, LEFT + 5 * cell + cell / 2, TOP + cell / 2)).isEqualTo(VIOLET);
    assertThat(color(image, LEFT + cell / 2, TOP + 5 * cell + cell / 2)).isEqualTo(VIOLET);
    assertThat(count(image, RED)).isZero();
  }

  @Test
  void theDrawnMasksAreFramed() throws IOException {
    BufferedImage image = draw(distances(12), 7);
    int cell = 30;
    assertThat(color(image, LEFT + 3 * cell - 1, TOP + 5 * cell)).isEqualTo(RED);
    assertThat(color(image, LEFT + 8 * cell, TOP + 5 * cell)).isEqualTo(RED);
    assertThat(color(image, LEFT + 5 * cell, TOP + 3 * cell - 1)).isEqualTo(RED);
    assertThat(color(image, LEFT + 5 * cell, TOP + 8 * cell)).isEqualTo(RED);
    assertThat(count(draw(distances(6), 5), RED)).isPositive();
    assertThat(count(draw(distances(6), 17), RED)).isZero();
  }

  @Test
  void anyNumberOfEpochsIsDrawn() throws IOException {
    for (int n : new int[] {1, 2, 9, 100, 400}) {
      BufferedImage image = draw(distances(n), n - 1);
      int cell = Math.max(1, 360 / n);
      assertThat(image.getHeight()).isEqualTo(TOP + n * cell + 56);
      assertThat(color(image, LEFT, TOP)).isIn(YELLOW, RED);
    }
  }

  @Test
  void panelsStandSideBySide() throws IOException {
    Path file = folder.resolve("three.png");
    var panel = new MaskDistanceMap.Panel("p = 0.3", distances(12), 0, -1, 5);
    Files.write(file, MaskDistanceMap.figure("title", List.of(panel, panel, panel)).png());
    BufferedImage image = ImageIO.read(file.toFile());
    for (int i = 0; i < 3; i++) {
      assertThat(color(image, LEFT + i * (LEFT + 360), TOP)).isEqualTo(YELLOW);
    }
    assertThat(MaskDistanceMap.figure("title", List.of(panel, panel, panel)).png())
        .isEqualTo(Files.readAllBytes(file));
  }

  @Test
  void whatIsNoSquareOfDistancesIsRefused() {
    for (double[][] bad :
        List.of(new double[0][], new double[][] {{0, 1}}, new double[][] {{Double.NaN}})) {
      assertThatThrownBy(() -> new MaskDistanceMap.Panel("", bad, 0, -1, 5))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> MaskDistanceMap.figure("", List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theFontHasEveryAsciiLetterAndNoTwoAlike() {
    PixelFont font = new PixelFont();
    Set<String> shapes = new HashSet<>();
    int characters = 0;
    for (char c = '0'; c <= 'z'; c++) {
      if (!Character.isLetterOrDigit(c)) {
        continue;
      }
      characters++;
      assertThat(font.has(c)).as("%c", c).isTrue();
      StringBuilder shape = new StringBuilder().append(PixelFont.drop(c));
      for (int i = 0; i < PixelFont.WIDTH * PixelFont.HEIGHT; i++) {
        shape.append(font.ink(c, i % PixelFont.WIDTH, i / PixelFont.WIDTH) ? '#' : '.');
      }
      shapes.add(shape.toString());
    }
    assertThat(shapes).hasSize(characters);
    for (char c : "+-=.,:;/%()[]<>_'!?*#&|@\"".toCharArray()) {
      assertThat(font.has(c)).as("%c", c).isTrue();
    }
    assertThat(font.ink('é', 1, 0)).isEqualTo(font.ink('?', 1, 0));
  }

  private BufferedImage draw(double[][] distances, int drawn) throws IOException {
    Path file = folder.resolve("map.png");
    var panel = new MaskDistanceMap.Panel("p = 0.5", distances, 0, drawn, 5);
    Files.write(file, MaskDistanceMap.figure("title", List.of(panel)).png());
    return ImageIO.read(file.toFile());
  }

  /** Distances that grow to 0.5 with the epochs between. */
  private static double[][] distances(int n) {
    double[][] distances = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        distances[i][j] = n == 1 ? 0 : 0.5 * Math.abs(i - j) / (n - 1);
      }
    }
    return distances;
  }

  private static int color(BufferedImage image, int x, int y) {
    return image.getRGB(x, y) & 0xffffff;
  }

  private static long count(BufferedImage image, int color) {
    long count = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        count += color(image, x, y) == color ? 1 : 0;
      }
    }
    return count;
  }
}
