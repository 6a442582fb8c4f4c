package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** The twins of the original's scripts: the same names, options and values. */
class ScriptsTest {
  /** What the original's chains don't make is named after what ours make. */
  private static final Map<String, String> MENDED =
      Map.of("1035_0.1", "3035_0.3", "1011_0.1", "3011_0.3", "3010_0.3", "7008_0.7");

  @TempDir private Path folder;

  /** One of the original's scripts. */
  record Script(String name, String program, List<String> words) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Script> scripts() throws IOException {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                ScriptsTest.class.getResourceAsStream("original-scripts.txt"),
                StandardCharsets.UTF_8))) {
      return in.lines().toList().stream()
          .map(line -> line.split(" \\| "))
          .map(c -> new Script(c[0], c[1], List.of(c[2].trim().split(" +"))));
    }
  }

  private static Map<String, String> options(List<String> words) {
    Map<String, String> options = new LinkedHashMap<>();
    String option = null;
    for (String word : words) {
      if (word.startsWith("--")) {
        option = word;
        options.put(option, "");
      } else if (option != null) {
        options.merge(option, word, (a, b) -> (a + " " + b).trim());
      }
    }
    return options;
  }

  @Test
  void thereIsATwinOfEachOfTheSixteen() throws IOException {
    assertThat(scripts()).hasSize(16);
    try (Stream<Path> found = Files.walk(Path.of("scripts"), 2)) {
      List<String> names =
          found
              .filter(p -> p.getNameCount() == 3)
              .map(p -> Path.of("scripts").relativize(p).toString())
              .filter(name -> !name.startsWith("reproduction/"))
              .sorted()
              .toList();
      assertThat(names).isEqualTo(scripts().map(Script::name).sorted().toList());
    }
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void aTwinHasTheOriginalsOptionsAndValues(Script script) throws Exception {
    assertThat(Files.isExecutable(ScriptFolder.path(script.name()))).isTrue();
    List<String> words = new ScriptFolder(folder).words(script.name());
    OriginalPrograms.Program program =
        OriginalPrograms.programs().stream()
            .filter(p -> p.file().equals(script.program()))
            .findFirst()
            .orElseThrow();
    assertThat(program.commands())
        .anyMatch(c -> String.join(" ", words).startsWith(c + " --dataset "));
    Map<String, String> ours = options(words);
    Map<String, String> theirs = options(script.words());
    theirs.replaceAll((option, value) -> mended(value));
    assertThat(ours).containsAllEntriesOf(theirs);
    assertThat(ours.keySet())
        .allMatch(
            o -> theirs.containsKey(o) || List.of("--pth", "--no-sr", "--method").contains(o));
    if (theirs.containsKey("--lr") && !words.get(0).equals("evaluate")) {
      assertThat(ours.containsKey("--no-sr"))
          .as("sparsity is off where the original's is")
          .isEqualTo(!theirs.containsKey("--sparsity-regularization"));
    }
    CommandLine line = new CommandLine(new Main());
    Main.COMMANDS.forEach(line::addSubcommand);
    OriginalPrograms.addTo(line);
    line.setCaseInsensitiveEnumValuesAllowed(true).parseArgs(words.toArray(String[]::new));
  }

  private static String mended(String value) {
    for (Map.Entry<String, String> e : MENDED.entrySet()) {
      value = value.replace(e.getKey(), e.getValue());
    }
    return value;
  }

  @Test
  void anotherRatioAndFolderAreVariables() throws Exception {
    ScriptFolder scripts = new ScriptFolder(folder);
    Path base = Files.createDirectories(folder.resolve("elsewhere"));
    Files.writeString(base.resolve("EB-5-120.pth.tar"), "");
    scripts.environment = Map.of("PERCENT", "0.05", "FOLDER", "elsewhere");
    Map<String, String> options =
        options(scripts.words("standard-train/retrain_continue.sh", "--epochs", "7"));
    assertThat(options)
        .containsEntry("--scratch", "elsewhere/pruned_5120_0.05/pruned.pth.tar")
        .containsEntry("--start-epoch", "120");
    assertThat(options.get("--epochs")).endsWith("7");
  }
}
