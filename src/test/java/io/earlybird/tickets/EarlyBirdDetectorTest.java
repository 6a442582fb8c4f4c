package io.earlybird.tickets;

import static io.earlybird.tickets.EarlyBirdDetector.Rule.CONSECUTIVE;
import static io.earlybird.tickets.EarlyBirdDetector.Rule.QUEUE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.tickets.EarlyBirdDetector.Observation;
import io.earlybird.tickets.EarlyBirdDetector.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EarlyBirdDetectorTest {
  private static final int CHANNELS = 100;

  @Test
  void theQueueRuleComparesTheNewestWithAllOthers() {
    EarlyBirdDetector detector = detector(QUEUE, 3, 0.1);
    assertThat(detector.observe(0, mask(0)).distances()).containsExactly(1, 1);
    assertThat(detector.observe(1, mask(6)).distances()).containsExactly(1, 1);
    Observation third = detector.observe(2, mask(11));
    assertThat(third.distances()).containsExactly(0.11, 0.05);
    assertThat(third.largest()).isEqualTo(0.11);
    assertThat(third.settled()).isFalse();
    Observation fourth = detector.observe(3, mask(16));
    assertThat(fourth.distances()).containsExactly(0.10, 0.05);
    assertThat(fourth.settled()).isTrue();
    assertThat(fourth.drawn()).isTrue();
    assertThat(detector.observe(4, mask(16)).drawn()).isFalse();
    assertThat(detector.drawnEpoch()).hasValue(3);
    assertThat(detector.nearest()).isEqualTo(0.05);
    assertThat(detector.newest()).isEqualTo(mask(16));
  }

  @Test
  void theConsecutiveRuleFollowsADriftThatTheQueueRuleRefuses() {
    EarlyBirdDetector queue = detector(QUEUE, 5, 0.1);
    EarlyBirdDetector consecutive = detector(CONSECUTIVE, 5, 0.1);
    for (int epoch = 0; epoch < 12; epoch++) {
      queue.observe(epoch, mask(8 * epoch));
      consecutive.observe(epoch, mask(8 * epoch));
    }
    assertThat(queue.drawnEpoch()).isEmpty();
    assertThat(queue.nearest()).isEqualTo(0.32);
    assertThat(consecutive.drawnEpoch()).hasValue(5);
  }

  @Test
  void theConsecutiveRuleWantsFiveDistances() {
    EarlyBirdDetector detector = detector(CONSECUTIVE, 5, 0.1);
    int[] steps = {0, 50, 55, 60, 65, 70};
    for (int epoch = 0; epoch < steps.length; epoch++) {
      assertThat(detector.observe(epoch, mask(steps[epoch])).settled()).isFalse();
    }
    Observation seen = detector.observe(6, mask(80));
    assertThat(seen.distances()).containsExactly(0.05, 0.05, 0.05, 0.05, 0.1);
    assertThat(seen.drawn()).isTrue();
  }

  @Test
  void aFreshNetworkDrawsAtEpochFiveAtTheEarliest() {
    EarlyBirdDetector detector = new EarlyBirdDetector(Settings.of(0.5));
    ChannelMask none = ChannelMask.ofBytes(new byte[CHANNELS], new int[] {CHANNELS});
    detector.observe(0, none);
    for (int epoch = 1; epoch < 8; epoch++) {
      detector.observe(epoch, mask(0));
    }
    assertThat(detector.drawnEpoch()).hasValue(5);
  }

  @ParameterizedTest
  @EnumSource
  void aRestoredDetectorContinues(EarlyBirdDetector.Rule rule) {
    int[] steps = {0, 40, 60, 66, 70, 73, 75, 76, 77, 77, 77};
    EarlyBirdDetector whole = detector(rule, 5, 0.1);
    EarlyBirdDetector resumed = detector(rule, 5, 0.1);
    for (int epoch = 0; epoch < steps.length; epoch++) {
      Observation expected = whole.observe(epoch, mask(steps[epoch]));
      Observation seen = resumed.observe(epoch, mask(steps[epoch]));
      assertThat(seen.distances()).containsExactly(expected.distances());
      assertThat(seen.drawn()).isEqualTo(expected.drawn());
      resumed = new EarlyBirdDetector(resumed.settings(), resumed.state());
    }
    assertThat(whole.drawnEpoch()).isPresent();
    assertThat(resumed.drawnEpoch()).isEqualTo(whole.drawnEpoch());
    assertThat(resumed.state()).isEqualTo(whole.state());
  }

  @Test
  void badSettingsAndStatesAreRefused() {
    assertThatThrownBy(() -> detector(QUEUE, 1, 0.1))
        .isInstanceOf(EarlybirdException.class)
        .hasMessage("mask queue 1: expected at least 2");
    assertThatThrownBy(() -> detector(QUEUE, 5, -0.1)).isInstanceOf(EarlybirdException.class);
    assertThatThrownBy(() -> detector(QUEUE, 5, Double.NaN)).isInstanceOf(EarlybirdException.class);
    assertThatThrownBy(() -> Settings.of(1)).isInstanceOf(EarlybirdException.class);
    EarlyBirdDetector five = detector(QUEUE, 5, 0.1);
    for (int epoch = 0; epoch < 5; epoch++) {
      five.observe(epoch, mask(0));
    }
    assertThatThrownBy(
            () -> new EarlyBirdDetector(detector(QUEUE, 3, 0.1).settings(), five.state()))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("at most 3 masks");
    assertThatThrownBy(() -> five.observe(7, mask(0))).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void ticketsAreNamedAsInTheOriginal() {
    assertThat(EarlyBirdDetector.ticketName(0.3, 34)).isEqualTo("EB-30-35");
    assertThat(EarlyBirdDetector.ticketName(0.29, 5)).isEqualTo("EB-29-6");
    assertThat(EarlyBirdDetector.ticketName(0.125, 5)).isEqualTo("EB-12.5-6");
    assertThat(EarlyBirdDetector.ticketName(0, 5)).isEqualTo("EB-0-6");
  }

  private static EarlyBirdDetector detector(EarlyBirdDetector.Rule rule, int queue, double limit) {
    return new EarlyBirdDetector(new Settings(0.5, limit, queue, rule));
  }

  /** A mask whose first {@code removed} channels are removed. */
  private static ChannelMask mask(int removed) {
    byte[] bytes = new byte[CHANNELS];
    for (int i = removed; i < CHANNELS; i++) {
      bytes[i] = 1;
    }
    return ChannelMask.ofBytes(bytes, new int[] {CHANNELS});
  }
}
