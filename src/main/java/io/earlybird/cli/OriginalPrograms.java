package io.earlybird.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The original's programs and options, and what becomes of each here: an option with its meaning, a
 * note that it has no effect, or a line that says what replaces it. The table is the resource
 * {@code original-programs.txt}.
 */
final class OriginalPrograms {
  /** What becomes of an option. */
  enum Kind {
    /** A real option of the command. */
    MEANING,
    /** Accepted without effect, and said so. */
    NOTE,
    /** Refused with what replaces it. */
    REFUSED
  }

  /**
   * A program.
   *
   * @param file its name
   * @param commands what stands for it on our command line; the first unless a row says otherwise
   * @param options the names of its options
   */
  record Program(String file, List<String> commands, List<String> options) {}

  /**
   * What becomes of some options.
   *
   * @param options their names
   * @param commands of ours
   * @param kind accepted or not
   * @param words for the user
   */
  record Row(List<String> options, Set<String> commands, Kind kind, String words) {}

  /** The original's options that are switches. */
  private static final Set<String> SWITCHES =
      Set.of("--no-cuda", "--sparsity-regularization", "-sr");

  /** The original's option that takes several words. */
  private static final String LIST = "--schedule";

  private static final List<Program> PROGRAMS = new ArrayList<>();
  private static final List<Row> ROWS = new ArrayList<>();

  static {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                OriginalPrograms.class.getResourceAsStream("original-programs.txt"),
                StandardCharsets.UTF_8))) {
      in.lines()
          .filter(line -> line.contains(" | ") && !line.startsWith("#"))
          .forEach(OriginalPrograms::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private OriginalPrograms() {}

  private static void add(String line) {
    String[] cells = line.split(" \\| ");
    if (cells.length == 3) {
      PROGRAMS.add(
          new Program(cells[0], List.of(cells[1].split(", ")), List.of(cells[2].split(" "))));
    } else {
      Kind kind = Kind.valueOf(cells[2].toUpperCase(Locale.ROOT));
      ROWS.add(
          new Row(List.of(cells[0].split(" ")), new TreeSet<>(words(cells[1])), kind, cells[3]));
    }
  }

  private static List<String> words(String cell) {
    return Arrays.asList(cell.split(" "));
  }

  /** The programs in the table's order. */
  static List<Program> programs() {
    return List.copyOf(PROGRAMS);
  }

  /** The rows in the table's order. */
  static List<Row> rows() {
    return List.copyOf(ROWS);
  }

  /** Whether an option has no value. */
  static boolean isSwitch(String option) {
    return SWITCHES.contains(option);
  }

  /** Makes the commands know the options that have no effect or are refused. */
  static void addTo(CommandLine line) {
    for (Row row : ROWS) {
      if (row.kind() != Kind.MEANING) {
        row.commands().forEach(name -> addTo(line.getSubcommands().get(name), row));
      }
    }
  }

  private static void addTo(CommandLine command, Row row) {
    if (command == null) {
      return;
    }
    for (String option : row.options()) {
      if (command.getCommandSpec().findOption(option) != null) {
        continue;
      }
      command
          .getCommandSpec()
          .addOption(
              OptionSpec.builder(option)
                  .hidden(true)
                  .arity(isSwitch(option) ? "0" : option.equals(LIST) ? "1..*" : "1")
                  .type(isSwitch(option) ? boolean.class : String[].class)
                  .build());
    }
  }

  /**
   * Says what has no effect.
   *
   * @throws ParameterException if an option was given that something else replaces
   */
  static void tell(ParseResult parsed) {
    while (parsed.hasSubcommand()) {
      parsed = parsed.subcommand();
    }
    CommandSpec command = parsed.commandSpec();
    Map<String, List<String>> notes = new LinkedHashMap<>();
    for (Row row : ROWS) {
      for (String option : row.options()) {
        if (row.kind() == Kind.MEANING
            || !row.commands().contains(command.name())
            || !parsed.hasMatchedOption(option)) {
          continue;
        }
        if (row.kind() == Kind.REFUSED) {
          throw new ParameterException(command.commandLine(), option + ": " + row.words());
        }
        notes.computeIfAbsent(row.words(), w -> new ArrayList<>()).add(option);
      }
    }
    notes.forEach(
        (words, options) ->
            command
                .commandLine()
                .getOut()
                .println("note: " + String.join(", ", options) + ": no effect: " + words));
  }
}
