package io.earlybird.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.random.Philox;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchesTest {
  @ParameterizedTest
  @CsvSource({
    "50000, 256, 196, 80",
    "10000, 256, 40, 16",
    "64, 64, 1, 64",
    "65, 64, 2, 1",
    "3, 64, 1, 3"
  })
  void theLastBatchIsWhatIsLeft(int samples, int batchSize, int count, int last) {
    Batches batches = new Batches(samples, batchSize);
    assertThat(batches.count()).isEqualTo(count);
    assertThat(batches.lastSize()).isEqualTo(last);
    int seen = 0;
    for (int b = 0; b < batches.count(); b++) {
      assertThat(batches.start(b)).isEqualTo(seen);
      seen += batches.size(b);
    }
    assertThat(seen).isEqualTo(samples);
  }

  @Test
  void ordersAreThoseOfPhilox() {
    Batches batches = new Batches(10, 3);
    int[] order = new int[10];
    batches.shuffle(5, 2, order);
    assertThat(order).containsExactly(Philox.permutation(5, 2, 10));
    assertThat(batches.sequence()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  }

  @Test
  void nonsenseIsRefused() {
    assertThatThrownBy(() -> new Batches(0, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Batches(1, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Batches(3, 1).shuffle(0, 0, new int[2]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
