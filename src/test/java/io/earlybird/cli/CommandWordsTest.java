package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.training.Settings;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class CommandWordsTest {
  @Test
  void theLineThatQuickstartPrintsHasItsSettings() {
    QuickstartCommand quickstart = new QuickstartCommand();
    parse(quickstart, "--seed", "7", "--keep", "all");
    Settings settings = quickstart.settings();
    String[] words = CommandWords.of(settings).split(" ");
    assertThat(words).startsWith("earlybird", "run").contains("--seed", "7", "--keep", "all");
    RunCommand run = new RunCommand();
    parse(run, Arrays.copyOfRange(words, 2, words.length));
    assertThat(run.settings().toJson()).isEqualTo(settings.toJson());
  }

  private static void parse(Object command, String... words) {
    new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(words);
  }

  @Test
  void wordsAreFitForAShell() {
    assertThat(CommandWords.quoted("runs/a-1,b")).isEqualTo("runs/a-1,b");
    assertThat(CommandWords.quoted("it's a run")).isEqualTo("'it'\\''s a run'");
    assertThat(CommandWords.quoted("")).isEqualTo("''");
  }
}
