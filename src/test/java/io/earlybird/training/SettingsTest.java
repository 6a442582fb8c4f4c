package io.earlybird.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.EarlybirdException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SettingsTest {
  private static final Settings RUN = Tiny.settings(Tiny.training(4, 0.05, 1), Tiny.EAGER);

  @Test
  void jsonKeepsEverythingUnderTheOptionsNames() {
    ObjectNode json = RUN.toJson();
    assertThat(json.path("training").path("weight-decay").asDouble()).isEqualTo(1e-4);
    assertThat(json.path("tickets").path("else-last").isBoolean()).isTrue();
    assertThat(Settings.fromJson(json, "test")).isEqualTo(RUN);
  }

  @Test
  void aFileOfAnotherVersionOrWithWrongValuesIsNamed() {
    ObjectNode json = RUN.toJson();
    ((ObjectNode) json.path("training")).put("epochs", 0);
    assertThatThrownBy(() -> Settings.fromJson(json, "config.json"))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining("--epochs");
    ((ObjectNode) json.path("training")).remove("epochs");
    assertThatThrownBy(() -> Settings.fromJson(json, "config.json"))
        .isInstanceOf(EarlybirdException.class);
  }

  @Test
  void aResumedRunTakesOnlyWhatWasGivenAgain() {
    Settings given = Tiny.settings(Tiny.training(9, 0.7, 5), Tiny.EAGER);
    Settings resumed = RUN.resumedWith(given, Set.of("epochs", "save"));
    assertThat(resumed.training()).isEqualTo(Tiny.training(9, 0.05, 1));
    assertThat(resumed.changesFrom(RUN)).containsExactly(new Settings.Change("epochs", "4", "9"));
    assertThat(resumed.checkResume(RUN, false)).containsExactly("--epochs was 4, is now 9");
  }

  @Test
  void otherChangesWantToBeAllowed() {
    Settings given = Tiny.settings(Tiny.training(4, 0.7, 5), Tiny.EAGER);
    Settings resumed = RUN.resumedWith(given, Set.of("lr", "seed"));
    assertThatThrownBy(() -> resumed.checkResume(RUN, false))
        .hasMessageContaining("--lr was 0.05, is now 0.7")
        .hasMessageContaining("--seed was 1, is now 5")
        .hasMessageContaining("--override");
    assertThat(resumed.checkResume(RUN, true)).hasSize(2);
  }

  @Test
  void threadsMayChangeWithAWarning() {
    Settings given =
        new Settings(
            "run",
            RUN.network(),
            RUN.data(),
            RUN.training(),
            RUN.tickets(),
            RUN.retraining(),
            new EngineSettings("cpu", 3, 0),
            RUN.saving());
    List<String> lines =
        RUN.resumedWith(given, Set.of("threads", "backend")).checkResume(RUN, false);
    assertThat(lines).hasSize(2).allMatch(line -> line.contains("other bits"));
  }
}
