package io.earlybird.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeepPolicyTest {
  private static final SortedSet<Integer> SAVED = new TreeSet<>(List.of(1, 2, 3, 5, 8));

  @Test
  void keepsWhatItSays() {
    assertThat(surplus("all", 2)).isEmpty();
    assertThat(surplus("last", 2)).containsExactly(1, 2, 3, 5);
    assertThat(surplus("best", 2)).containsExactly(1, 3, 5);
    assertThat(surplus("best", 8)).containsExactly(1, 2, 3, 5);
    assertThat(surplus("best", -1)).containsExactly(1, 2, 3, 5);
    assertThat(surplus("1", 2)).containsExactly(1, 2, 3, 5);
    assertThat(surplus("3", 2)).containsExactly(1, 2);
    assertThat(surplus("9", 2)).isEmpty();
    assertThat(KeepPolicy.parse("best").surplus(new TreeSet<>(), 0)).isEmpty();
    assertThat(KeepPolicy.parse("3")).hasToString("3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "-1", "1.5", "every", "9999999999", " all"})
  void anythingElseIsRefused(String text) {
    assertThatThrownBy(() -> KeepPolicy.parse(text))
        .isInstanceOf(EarlybirdException.class)
        .hasMessage("keep '" + text + "': expected all, best, last or a number of at least 1");
  }

  private static SortedSet<Integer> surplus(String policy, int best) {
    return KeepPolicy.parse(policy).surplus(SAVED, best);
  }
}
