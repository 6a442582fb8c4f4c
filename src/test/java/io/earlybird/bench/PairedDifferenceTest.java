package io.earlybird.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PairedDifferenceTest {
  /** From printed tables of the sign test: the smaller count at 5%, both sides. */
  @ParameterizedTest
  @CsvSource({"6,0", "8,0", "9,1", "15,3", "25,7", "50,17", "100,39"})
  void soManyLieBeyondTheInterval(int pairs, int printed) {
    assertThat(PairedDifference.beyond(pairs)).isEqualTo(printed);
  }

  @Test
  void anIntervalByHand() {
    double[] a = {101, 205, 309, 101, 103, 104, 106, 107, 199};
    double[] b = {100, 200, 300, 100, 100, 100, 100, 100, 100};
    PairedDifference d = PairedDifference.of(a, b);
    assertThat(d.pairs()).isEqualTo(9);
    assertThat(d.median()).isCloseTo(0.03, within(1e-12));
    assertThat(d.low()).isCloseTo(0.01, within(1e-12));
    assertThat(d.high()).as("one disturbed pair lies beyond").isCloseTo(0.07, within(1e-12));
  }

  @Test
  void theIntervalHoldsTheTruthAsOftenAsItSays() {
    Random random = new Random(1);
    int held = 0;
    for (int i = 0; i < 1000; i++) {
      double[] a = new double[21];
      double[] b = new double[21];
      for (int j = 0; j < a.length; j++) {
        b[j] = 1;
        a[j] = 1.01 + 0.02 * random.nextGaussian() * Math.exp(random.nextGaussian());
      }
      PairedDifference d = PairedDifference.of(a, b);
      held += d.low() <= 0.01 && 0.01 <= d.high() ? 1 : 0;
    }
    assertThat(held).isGreaterThan(940);
  }

  @Test
  void fewerThanSixPairsSayNothing() {
    assertThatThrownBy(() -> PairedDifference.of(new double[5], new double[5]))
        .hasMessageContaining("no pairs");
    assertThatThrownBy(() -> PairedDifference.of(new double[6], new double[7]))
        .hasMessageContaining("no pairs");
  }
}
