package io.earlybird.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ImageSetTest {
  private static final List<String> NAMES = List.of("a", "b");

  @Test
  void firstTakesAPrefix() {
    byte[] pixels = new byte[3 * 2 * 2 * 3];
    pixels[12] = 5;
    ImageSet set =
        new ImageSet("x", 2, 2, 3, pixels, new int[] {0, 1, 0}, NAMES, Normalization.CIFAR);
    ImageSet two = set.first(2);
    assertThat(two.size()).isEqualTo(2);
    assertThat(two.labels()).containsExactly(0, 1);
    assertThat(two.pixels()).hasSize(24).contains((byte) 5);
    assertThat(set.first(9).size()).isEqualTo(3);
    assertThat(set.imageBytes()).isEqualTo(12);
  }

  @Test
  void sizesAndLabelsAreChecked() {
    assertThatThrownBy(
            () -> new ImageSet("x", 2, 2, 3, new byte[11], new int[1], NAMES, Normalization.CIFAR))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                new ImageSet("x", 2, 2, 3, new byte[12], new int[] {2}, NAMES, Normalization.CIFAR))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(
            () -> new ImageSet("x", 2, 2, 1, new byte[4], new int[1], NAMES, Normalization.CIFAR))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theTableIsMonotoneAndCentred() {
    float[][] table = Normalization.CIFAR.table();
    assertThat(table.length).isEqualTo(3);
    for (int c = 0; c < 3; c++) {
      assertThat(table[c][0])
          .isEqualTo(-Normalization.CIFAR.mean().get(c) / Normalization.CIFAR.deviation().get(c));
      for (int v = 1; v < 256; v++) {
        assertThat(table[c][v]).isGreaterThan(table[c][v - 1]);
      }
    }
  }
}
