package io.earlybird.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.random.Philox;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ShapesSourceTest {
  private static final int PIXELS = 32 * 32 * 3;
  private static ImageSet train;
  private static ImageSet test;

  @BeforeAll
  static void draw() {
    DataSource source = DataSource.open("shapes", null);
    train = (ImageSet) source.load(Split.TRAIN);
    test = (ImageSet) source.load(Split.TEST);
  }

  @Test
  void theStandardSetIsBalancedInTenClasses() {
    assertThat(train.size()).isEqualTo(ShapesSource.TRAIN_SIZE);
    assertThat(test.size()).isEqualTo(ShapesSource.TEST_SIZE);
    assertThat(train.classNames())
        .containsExactly(
            "circle",
            "ring",
            "square",
            "triangle",
            "cross",
            "star",
            "stripes",
            "checker",
            "crescent",
            "arrow");
    for (ImageSet set : new ImageSet[] {train, test}) {
      int[] counts = new int[10];
      for (int label : set.labels()) {
        counts[label]++;
      }
      assertThat(counts).containsOnly(set.size() / 10);
    }
  }

  /** Every machine and JVM draws these bytes; they change only when the set is changed. */
  @Test
  void bytesAreFixed() {
    assertThat(crc(train)).isEqualTo(599418528L);
    assertThat(crc(test)).isEqualTo(764380306L);
  }

  @Test
  void aPictureDependsOnSeedSplitAndIndexAlone() {
    ImageSet few = new ShapesSource(ShapesSource.SEED, 37, 5).load(Split.TRAIN);
    assertThat(few.pixels()).isEqualTo(Arrays.copyOf(train.pixels(), 37 * PIXELS));
    assertThat(first(test)).isNotEqualTo(first(train));
    assertThat(first(new ShapesSource(1, 10, 10).load(Split.TRAIN))).isNotEqualTo(first(train));
  }

  @Test
  void noTwoPicturesAreTheSame() {
    long different =
        Stream.of(train, test)
            .flatMap(
                set ->
                    IntStream.range(0, set.size())
                        .mapToObj(
                            i ->
                                Arrays.hashCode(
                                    Arrays.copyOfRange(
                                        set.pixels(), i * PIXELS, (i + 1) * PIXELS))))
            .distinct()
            .count();
    assertThat(different).isGreaterThan(train.size() + test.size() - 10);
  }

  /** The promise of the set: what a linear classifier on normalised pixels can do is little. */
  @Test
  void aLinearClassifierStaysBelowFortyPercent() {
    LinearClassifier linear = new LinearClassifier(train, 3);
    assertThat(linear.accuracy(test)).isBetween(.09, .40);
    assertThat(linear.accuracy(train)).isLessThan(.60);
  }

  private static byte[] first(ImageSet set) {
    return Arrays.copyOf(set.pixels(), PIXELS);
  }

  private static long crc(ImageSet set) {
    CRC32 crc = new CRC32();
    crc.update(set.pixels());
    return crc.getValue();
  }

  /** Softmax regression by plain SGD, batch 1, with a decaying rate. */
  private static final class LinearClassifier {
    private final float[][] table;
    private final float[][] weight = new float[10][PIXELS];
    private final float[] bias = new float[10];
    private final float[] x = new float[PIXELS];
    private final double[] p = new double[10];

    LinearClassifier(ImageSet set, int epochs) {
      table = set.normalization().table();
      for (int epoch = 0; epoch < epochs; epoch++) {
        float rate = (float) (1e-4 / (1 << epoch));
        for (int i : Philox.permutation(0, epoch, set.size())) {
          probabilities(set, i);
          for (int k = 0; k < 10; k++) {
            float g = (float) (rate * ((k == set.labels()[i] ? 1 : 0) - p[k]));
            bias[k] += g;
            for (int j = 0; j < PIXELS; j++) {
              weight[k][j] += g * x[j];
            }
          }
        }
      }
    }

    private void probabilities(ImageSet set, int i) {
      for (int j = 0; j < PIXELS; j++) {
        x[j] = table[j % 3][set.pixels()[i * PIXELS + j] & 0xFF];
      }
      double total = 0;
      for (int k = 0; k < 10; k++) {
        float dot = bias[k];
        for (int j = 0; j < PIXELS; j++) {
          dot += weight[k][j] * x[j];
        }
        p[k] = Math.exp(Math.min(50, dot));
        total += p[k];
      }
      for (int k = 0; k < 10; k++) {
        p[k] /= total;
      }
    }

    double accuracy(ImageSet set) {
      int right = 0;
      for (int i = 0; i < set.size(); i++) {
        probabilities(set, i);
        int best = 0;
        for (int k = 1; k < 10; k++) {
          best = p[k] > p[best] ? k : best;
        }
        right += best == set.labels()[i] ? 1 : 0;
      }
      return (double) right / set.size();
    }
  }
}
