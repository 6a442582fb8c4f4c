package io.earlybird.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PairedDifferenceTest {
  /** Values from printed tables of the distribution. */
  @ParameterizedTest
  @CsvSource({"2,4.303", "8,2.306", "14,2.145", "29,2.045", "99,1.984"})
  void theQuantilesAreStudents(int freedom, double printed) {
    assertThat(PairedDifference.quantile(freedom)).isCloseTo(printed, within(0.01 * printed));
  }

  @Test
  void anIntervalByHand() {
    // Differences 1%, 2%, 3%: mean 2%, standard deviation 1%.
    PairedDifference d =
        PairedDifference.of(new double[] {101, 204, 309}, new double[] {100, 200, 300});
    assertThat(d.mean()).isCloseTo(0.02, within(1e-12));
    assertThat(d.halfWidth()).isCloseTo(4.303 * 0.01 / Math.sqrt(3), within(3e-4));
    assertThat(d.low()).isLessThan(0);
    assertThat(d.high()).isGreaterThan(0.04);
  }

  @Test
  void fewerThanThreePairsSayNothing() {
    assertThatThrownBy(() -> PairedDifference.of(new double[2], new double[2]))
        .hasMessageContaining("no pairs");
    assertThatThrownBy(() -> PairedDifference.of(new double[3], new double[4]))
        .hasMessageContaining("no pairs");
  }
}
