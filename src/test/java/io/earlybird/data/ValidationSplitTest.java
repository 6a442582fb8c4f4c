package io.earlybird.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ValidationSplitTest {
  /** Picture i of one grey pixel i, class i % 3. */
  private static ImageSet pictures(int size) {
    byte[] pixels = new byte[size * 3];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i / 3);
    }
    int[] labels = IntStream.range(0, size).map(i -> i % 3).toArray();
    return new ImageSet(
        "dots train", 1, 1, 3, pixels, labels, List.of("a", "b", "c"), Normalization.CIFAR);
  }

  private static List<Integer> indices(Pictures pictures) {
    ImageSet set = (ImageSet) pictures;
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i < set.size(); i++) {
      found.add(set.pixels()[3 * i] & 0xFF);
      assertThat(set.labels()[i]).isEqualTo(found.get(i) % 3);
    }
    return found;
  }

  @Test
  void thePartsAreDisjointCompleteAndInOrder() {
    var parts = ValidationSplit.parse("0.2").apply(pictures(200), 7);
    List<Integer> held = indices(parts.validation());
    List<Integer> left = indices(parts.training());
    assertThat(held).hasSize(40).isSorted().doesNotContainAnyElementsOf(left);
    assertThat(left).hasSize(160).isSorted();
    assertThat(parts.training().name()).isEqualTo("dots train");
    assertThat(parts.validation().name()).isEqualTo("dots validation");
  }

  @Test
  void theSeedDecidesAndNothingElse() {
    List<Integer> first = indices(new ValidationSplit(0, 20).apply(pictures(100), 1).validation());
    assertThat(indices(ValidationSplit.parse("0.2").apply(pictures(100), 1).validation()))
        .isEqualTo(first);
    assertThat(indices(ValidationSplit.parse("20").apply(pictures(100), 2).validation()))
        .isNotEqualTo(first);
    assertThat(indices(ValidationSplit.parse("30").apply(pictures(100), 1).validation()))
        .containsAll(first);
    // Found with an independent implementation of Philox.
    assertThat(first)
        .containsExactly(0, 1, 6, 7, 8, 14, 17, 22, 31, 44, 54, 56, 70, 74, 75, 77, 89, 96, 97, 98);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1.0", "0.0", "-5", "x", "", "1e-3", "0.1%"})
  void nonsenseIsRefused(String text) {
    assertThatThrownBy(() -> ValidationSplit.parse(text))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith("a validation split is a fraction between 0 and 1 or a number");
  }

  @ParameterizedTest
  @ValueSource(strings = {"10", "11", "0.01", "0.99"})
  void noPartMayBeEmpty(String text) {
    assertThatThrownBy(() -> ValidationSplit.parse(text).apply(pictures(10), 1))
        .isInstanceOf(EarlybirdException.class)
        .hasMessage(
            "dots train: a validation split of %s out of 10 pictures leaves one part empty"
                .formatted(text));
  }

  @Test
  void whatWasReadIsWrittenAgain() {
    assertThat(ValidationSplit.parse("5000")).hasToString("5000");
    assertThat(ValidationSplit.parse(".1")).hasToString("0.1");
  }
}
