package io.earlybird.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.training.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** Command lines to copy: the one that stands for a run's settings, and its parts. */
final class CommandWords {
  /** How the launcher was called: what it prints to be copied works where it was called. */
  private static final String CALLED = "EARLYBIRD_COMMAND";

  private CommandWords() {}

  /** The program's name as the user wrote it, fit for a shell. */
  static String program() {
    String called = System.getenv(CALLED);
    return called == null || called.isBlank() ? "earlybird" : quoted(called);
  }

  /** A word fit for a shell. */
  static String quoted(String word) {
    return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  /** {@code earlybird run …} with every option that differs from its default. */
  static String of(Settings settings) {
    RunCommand defaults = new RunCommand();
    new CommandLine(defaults).setCaseInsensitiveEnumValuesAllowed(true).parseArgs();
    ObjectNode usual = defaults.settings().toJson();
    List<String> words = new ArrayList<>(List.of(program(), RunCommand.NAME));
    for (Map.Entry<String, JsonNode> part : settings.toJson().properties()) {
      if (part.getValue() instanceof ObjectNode values) {
        for (Map.Entry<String, JsonNode> option : values.properties()) {
          JsonNode value = option.getValue();
          boolean said = option.getKey().equals("depth") && values.path("cfg").isArray();
          if (!said && !value.equals(usual.path(part.getKey()).path(option.getKey()))) {
            add(words, option.getKey(), value);
          }
        }
      }
    }
    return String.join(" ", words);
  }

  private static void add(List<String> words, String option, JsonNode value) {
    if (value.isBoolean()) {
      words.add(value.asBoolean() ? "--" + option : "--no-" + option);
      return;
    }
    words.add("--" + option);
    if (value.isArray()) {
      List<String> entries = new ArrayList<>();
      value.forEach(entry -> entries.add(entry.asText()));
      words.add(quoted(String.join(",", entries)));
    } else {
      words.add(quoted(value.asText()));
    }
  }
}
