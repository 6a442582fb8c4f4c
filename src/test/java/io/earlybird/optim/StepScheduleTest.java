package io.earlybird.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepScheduleTest {
  @Test
  void fallsAtEachMilestone() {
    StepSchedule s = StepSchedule.of(0.1, List.of(80, 120));
    assertThat(s.at(0)).isEqualTo(0.1f);
    assertThat(s.at(79)).isEqualTo(0.1f);
    assertThat(s.at(80)).isEqualTo(0.01f);
    assertThat(s.at(119)).isEqualTo(0.01f);
    assertThat(s.at(120)).isEqualTo(0.001f);
    assertThat(StepSchedule.of(0.1, List.of(0)).at(0)).isEqualTo(0.01f);
    assertThat(StepSchedule.of(0.1, List.of()).at(500)).isEqualTo(0.1f);
  }

  @Test
  void warnsOfMilestonesThatNeverCome() {
    StepSchedule s = StepSchedule.of(0.1, List.of(80, 120));
    assertThat(s.warning(160)).isEmpty();
    assertThat(s.warning(121)).isEmpty();
    assertThat(s.warning(120))
        .contains("the learning rate will not fall at [120]: training ends after 120 epochs");
    assertThat(s.warning(10)).get().asString().contains("[80, 120]");
  }

  @Test
  void refusesNonsense() {
    refuses(() -> StepSchedule.of(0.1, List.of(120, 80)), "80 comes after a later one");
    refuses(() -> StepSchedule.of(0.1, List.of(80, 80)), "80 is repeated");
    refuses(() -> StepSchedule.of(0.1, List.of(-1, 80)), "-1 is negative");
    refuses(() -> StepSchedule.of(0, List.of()), "learning rate: expected a positive number");
    refuses(() -> StepSchedule.of(Double.NaN, List.of()), "expected a positive number, got NaN");
    refuses(() -> new StepSchedule(0.1, List.of(), -1), "learning rate factor: expected");
  }

  private static void refuses(Runnable action, String message) {
    assertThatThrownBy(action::run)
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining(message);
  }
}
