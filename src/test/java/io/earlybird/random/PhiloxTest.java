package io.earlybird.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PhiloxTest {
  /** Random123's published vectors for philox4x32-10. */
  @ParameterizedTest
  @CsvSource({
    "00000000 00000000 00000000 00000000, 00000000 00000000, 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    "ffffffff ffffffff ffffffff ffffffff, ffffffff ffffffff, 408f276d 41c83b0e a20bc7c6 6d5451fd",
    "243f6a88 85a308d3 13198a2e 03707344, a4093822 299f31d0, d16cfe09 94fdcceb 5001e420 24126ea1"
  })
  void knownAnswers(String counter, String key, String expected) {
    int[] c = hex(counter);
    int[] k = hex(key);
    int[] out = new int[4];
    Philox.rounds(c[0], c[1], c[2], c[3], k[0], k[1], out, 0);
    assertThat(out).containsExactly(hex(expected));

    long seed = k[0] & 0xFFFFFFFFL | (long) k[1] << 32;
    long step = c[1] & 0xFFFFFFFFL | (long) c[2] << 32;
    int[] viaBlock = new int[4];
    Philox.block(seed, c[0], step, c[3], viaBlock);
    assertThat(viaBlock).containsExactly(out);
  }

  @Test
  void hashIsFnv1a32OfNameColonPurpose() {
    assertThat(Philox.hash("augment", "crop-flip")).isEqualTo(0x8CC9A34C);
    assertThat(Philox.hash("a", "b")).isNotEqualTo(Philox.hash("b", "a"));
    assertThat(Philox.hash("ü", "")).isEqualTo(fnv(new int[] {0xC3, 0xBC, ':'}));
  }

  @Test
  void wideDrawsUseOneWordPerElement() {
    int[] all = new int[23];
    Philox.words(42, 0, 7, 99, all, 0, all.length);
    int[] block = new int[4];
    for (int i = 0; i < all.length; i++) {
      Philox.block(42, i / 4, 7, 99, block);
      assertThat(all[i]).isEqualTo(block[i % 4]).isEqualTo(Philox.word(42, i, 7, 99));
    }
    int[] part = new int[12];
    Philox.words(42, 5, 7, 99, part, 2, 10);
    assertThat(Arrays.copyOfRange(part, 2, 12)).containsExactly(Arrays.copyOfRange(all, 5, 15));
  }

  @Test
  void narrowDrawsUseTwoHalvesOfOneWord() {
    int[] block = new int[4];
    for (int i = 0; i < 40; i++) {
      Philox.block(-3, i / 8, 1L << 40, 5, block);
      int word = block[i / 2 % 4];
      int expected = i % 2 == 0 ? word & 0xFFFF : word >>> 16;
      assertThat(Philox.half(-3, i, 1L << 40, 5)).isEqualTo(expected);
    }
  }

  @Test
  void elementsBeyondTwoToThe31HaveBlocksOfTheirOwn() {
    int[] block = new int[4];
    long element = (1L << 33) + 1;
    Philox.block(1, (int) (element >>> 2), 0, 0, block);
    assertThat(Philox.word(1, element, 0, 0))
        .isEqualTo(block[1])
        .isNotEqualTo(Philox.word(1, 1, 0, 0));
  }

  @Test
  void boundedAndUniformCoverTheirRanges() {
    assertThat(Philox.bounded(0, 9)).isZero();
    assertThat(Philox.bounded(-1, 9)).isEqualTo(8);
    assertThat(Philox.bounded(-1, Integer.MAX_VALUE)).isEqualTo(Integer.MAX_VALUE - 1);
    assertThat(Philox.bounded(0x80000000, 2)).isEqualTo(1);
    assertThat(Philox.uniform(0)).isZero();
    assertThat(Philox.uniform(-1)).isEqualTo(1 - 0x1p-24f);
    assertThat(Philox.uniform(0x80000000)).isEqualTo(.5f);
  }

  @Test
  void normalsHaveTheirMomentsAndFixedBits() {
    float[] values = new float[40_001];
    Philox.fillNormal(1, 0, Philox.hash("w", "init"), 3, 2, values);
    double mean = IntStream.range(0, values.length).mapToDouble(i -> values[i]).average().orElse(0);
    double variance =
        IntStream.range(0, values.length)
            .mapToDouble(i -> (values[i] - mean) * (values[i] - mean))
            .average()
            .orElse(0);
    assertThat(mean).isBetween(2.95, 3.05);
    assertThat(variance).isBetween(3.85, 4.15);

    float[] shorter = new float[7];
    Philox.fillNormal(1, 0, Philox.hash("w", "init"), 3, 2, shorter);
    assertThat(shorter).containsExactly(Arrays.copyOf(values, 7));
    assertThat(Arrays.hashCode(values)).isEqualTo(NORMAL_BITS);
  }

  @Test
  void uniformsFillTheirInterval() {
    float[] values = new float[10_000];
    Philox.fillUniform(9, 0, 1, -2, 2, values);
    double mean = IntStream.range(0, values.length).mapToDouble(i -> values[i]).average().orElse(9);
    assertThat(mean).isBetween(-.05, .05);
    for (float v : values) {
      assertThat(v).isBetween(-2f, 2f);
    }
  }

  @Test
  void permutationsAreShufflesThatDependOnSeedAndEpoch() {
    int[] order = Philox.permutation(5, 3, 1001);
    int[] sorted = order.clone();
    Arrays.sort(sorted);
    assertThat(sorted).containsExactly(IntStream.range(0, 1001).toArray());
    assertThat(order)
        .isEqualTo(Philox.permutation(5, 3, 1001))
        .isNotEqualTo(Philox.permutation(5, 4, 1001))
        .isNotEqualTo(Philox.permutation(6, 3, 1001))
        .isNotEqualTo(sorted);
    assertThat(Philox.permutation(5, 3, 0)).isEmpty();
    assertThat(Philox.permutation(5, 3, 1)).containsExactly(0);
    assertThat(Philox.permutation(1, 0, 8)).containsExactly(PERMUTATION_OF_8);
  }

  @Test
  void permutationFollowsItsDescription() {
    int n = 10;
    int[] order = IntStream.range(0, n).toArray();
    int hash = Philox.hash("shuffle", "order");
    for (int i = n - 1; i > 0; i--) {
      int j = (int) (((Philox.word(77, i, 2, hash) & 0xFFFFFFFFL) * (i + 1)) >>> 32);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    assertThat(Philox.permutation(77, 2, n)).containsExactly(order);
  }

  private static int fnv(int[] bytes) {
    int hash = 0x811C9DC5;
    for (int b : bytes) {
      hash = (hash ^ b) * 0x01000193;
    }
    return hash;
  }

  private static int[] hex(String words) {
    return Arrays.stream(words.split(" ")).mapToInt(w -> Integer.parseUnsignedInt(w, 16)).toArray();
  }

  /** Recorded once; independent of machine and JVM. */
  private static final int NORMAL_BITS = 1438024169;

  private static final int[] PERMUTATION_OF_8 = {0, 3, 6, 5, 4, 2, 7, 1};
}
