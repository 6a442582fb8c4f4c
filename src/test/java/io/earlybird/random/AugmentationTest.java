package io.earlybird.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class AugmentationTest {
  @Test
  void drawsFollowTheDocumentedWords() {
    int hash = Philox.hash("augment", "crop-flip");
    int[] words = new int[4];
    for (int sample = 0; sample < 100; sample++) {
      Philox.block(11, sample, 1234567890123L, hash, words);
      Augmentation draw = Augmentation.draw(11, 1234567890123L, sample, 4);
      assertThat(draw.top()).isEqualTo((int) (((words[0] & 0xFFFFFFFFL) * 9) >>> 32));
      assertThat(draw.left()).isEqualTo((int) (((words[1] & 0xFFFFFFFFL) * 9) >>> 32));
      assertThat(draw.flip()).isEqualTo(words[2] < 0);
    }
  }

  @Test
  void cropsAndFlipsAreAboutEquallyLikely() {
    int[] tops = new int[9];
    int[] lefts = new int[9];
    int flips = 0;
    for (int sample = 0; sample < 9000; sample++) {
      Augmentation draw = Augmentation.draw(3, 0, sample, 4);
      tops[draw.top()]++;
      lefts[draw.left()]++;
      flips += draw.flip() ? 1 : 0;
    }
    assertThat(Arrays.stream(tops).allMatch(count -> count > 850 && count < 1150)).isTrue();
    assertThat(Arrays.stream(lefts).allMatch(count -> count > 850 && count < 1150)).isTrue();
    assertThat(flips).isBetween(4300, 4700);
  }

  @Test
  void aPictureMovesAgainstTheCropAndMirrorsAfterIt() {
    byte[] image = new byte[4 * 4];
    image[5] = 9; // row 1, column 1
    byte[] out = new byte[16];
    new Augmentation(2, 0, false).crop(image, 0, 4, 4, 1, 1, out, 0);
    assertThat(out).containsExactly(0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    new Augmentation(2, 0, true).crop(image, 0, 4, 4, 1, 1, out, 0);
    assertThat(out).containsExactly(0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void noneIsTheIdentity() {
    byte[] image = new byte[2 * 32 * 32 * 3];
    for (int i = 0; i < image.length; i++) {
      image[i] = (byte) (i * 7);
    }
    byte[] out = new byte[image.length];
    Augmentation.none(4).crop(image, 32 * 32 * 3, 32, 32, 3, 4, out, 32 * 32 * 3);
    for (int i = 0; i < 32 * 32 * 3; i++) {
      assertThat(out[i]).isZero();
      assertThat(out[32 * 32 * 3 + i]).isEqualTo(image[32 * 32 * 3 + i]);
    }
  }

  @Test
  void paddingIsBlackBeforeNormalisation() {
    float[][] table = new float[1][256];
    table[0][0] = -2;
    table[0][255] = 3;
    float[] out = new float[4];
    byte[] image = {-1, -1, -1, -1};
    new Augmentation(0, 0, false).apply(image, 0, 2, 2, 1, table, out, 0);
    assertThat(out).containsExactly(-2, -2, -2, 3);
  }
}
