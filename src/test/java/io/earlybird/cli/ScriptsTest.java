package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.checkpoint.Npy;
import io.earlybird.checkpoint.pth.OriginalCheckpoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/**
 * The twins of the original's scripts: the same names, options and values, and chains that run. A
 * script's command line is recorded by a stand-in for the launcher; what it asks for is then done
 * here, without another Java.
 */
class ScriptsTest {
  /** What the original's chains don't make is named after what ours make. */
  private static final Map<String, String> MENDED =
      Map.of("1035_0.1", "3035_0.3", "1011_0.1", "3011_0.3", "3010_0.3", "7008_0.7");

  private static final String TINY =
      "--backend reference --dataset shapes --train-images 44 --test-images 30"
          + " --test-batch-size 30";
  private static final String RECIPE = " --epochs 3 --schedule 2 --batch-size 16 --lr 0.05";
  private static final String CFG = "4,4,M,4,4,M,6,6,6,M,6,6,6,M,8,8,8";

  @TempDir private Path folder;
  private Path recorder;
  private Path record;
  private String out;

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

  @BeforeEach
  void standIn() throws IOException {
    record = folder.resolve("words");
    recorder = folder.resolve("earlybird");
    Files.writeString(recorder, "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + record + "\n");
    Files.setPosixFilePermissions(recorder, PosixFilePermissions.fromString("rwx------"));
  }

  /** The words that a script gives to the launcher. */
  private List<String> words(String script, String... more) throws Exception {
    List<String> command = new ArrayList<>(List.of("bash", path(script).toString()));
    command.addAll(List.of(more));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().put("EARLYBIRD", recorder.toString());
    builder.redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile());
    Process process = builder.start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("log"))).isZero();
    return Files.readAllLines(record);
  }

  private static Path path(String script) {
    return Path.of("scripts").toAbsolutePath().resolve(script);
  }

  /** Does what a script asks for, in the test's folder. */
  private void run(String script, String more) throws Exception {
    List<String> words = words(script, more.trim().split(" +"));
    String[] args =
        words.stream()
            .map(w -> w.startsWith("./") ? folder.resolve(w.substring(2)).toString() : w)
            .toArray(String[]::new);
    StringWriter outText = new StringWriter();
    StringWriter errText = new StringWriter();
    int code = Main.run(args, new PrintWriter(outText), new PrintWriter(errText));
    assertThat(code).as(script + ": " + errText).isZero();
    out = outText.toString();
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
              .sorted()
              .toList();
      assertThat(names).isEqualTo(scripts().map(Script::name).sorted().toList());
    }
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void aTwinHasTheOriginalsOptionsAndValues(Script script) throws Exception {
    assertThat(Files.isExecutable(path(script.name()))).isTrue();
    List<String> words = words(script.name());
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
  void theStandardChainRuns() throws Exception {
    String net = " --cfg " + CFG;
    run(
        "standard-train/search.sh",
        TINY + RECIPE + net + " --ratios 0.3,0.5 --queue 2 --limit 1 --keep all");
    Path base = folder.resolve("baseline/vgg16-cifar100");
    assertThat(base.resolve("EB-30-2.pth.tar")).exists();

    run("standard-train/mask_distance.sh", "--end_epoch 3");
    assertThat(Npy.read(base.resolve("overlap_0.5.npy")).shape()).containsExactly(3, 3);

    run("standard-train/prune.sh", TINY);
    assertThat(out).contains("pruned 30%");
    Path pruned = base.resolve("pruned_3002_0.3/pruned.pth.tar");
    assertThat(OriginalCheckpoint.read(pruned).cfg()).isPresent();

    run("standard-train/retrain_continue.sh", TINY + RECIPE);
    assertThat(out).contains("inherit: begins with epoch 3");
    assertThat(base.resolve("retrain_3002_0.3/model_best.pth.tar")).exists();

    run("standard-train/retrain_scratch.sh", TINY + RECIPE);
    assertThat(out).contains("reinit: begins with epoch 1");
    assertThat(base.resolve("retrain_3002_0.3_scratch/model_best.pth.tar")).exists();
  }

  @Test
  void theLowPrecisionChainRuns() throws Exception {
    String net = " --cfg " + CFG;
    run(
        "low-precision/search.sh",
        TINY + RECIPE + net + " --ratios 0.3 --queue 2 --limit 1 --swa_start 1");
    Path base = folder.resolve("lp_baseline/vgg16-cifar10");
    OriginalCheckpoint ticket = OriginalCheckpoint.read(base.resolve("EB-30-2.pth.tar"));
    assertThat(ticket.rawState()).containsKey("feature.0.0.weight");
    assertThat(ticket.momenta()).isNotEmpty();
    OriginalCheckpoint averaged = OriginalCheckpoint.read(base.resolve("swa.pth.tar"));
    assertThat(averaged.rawState()).containsKey("feature.0.weight");
    assertThat(averaged.epoch()).hasValue(3);
    assertThat(averaged.best()).isPresent();

    run("low-precision/prune.sh", TINY);
    Path pruned = base.resolve("pruned_3002_0.3/pruned.pth.tar");
    assertThat(OriginalCheckpoint.read(pruned).isLowPrecision()).isTrue();
    run("low-precision/retrain_continue.sh", TINY + RECIPE + " --swa_start 2");
    assertThat(out).contains("inherit: begins with epoch 3");
    assertThat(base.resolve("lp_retrain_3002_0.3/swa.pth.tar")).exists();
  }

  @Test
  void anotherRatioAndFolderAreVariables() throws Exception {
    Path base = Files.createDirectories(folder.resolve("elsewhere"));
    Files.writeString(base.resolve("EB-5-120.pth.tar"), "");
    List<String> command =
        List.of("bash", path("standard-train/retrain_continue.sh").toString(), "--epochs", "7");
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().put("EARLYBIRD", recorder.toString());
    builder.environment().put("PERCENT", "0.05");
    builder.environment().put("FOLDER", "elsewhere");
    assertThat(builder.start().waitFor()).isZero();
    Map<String, String> options = options(Files.readAllLines(record));
    assertThat(options)
        .containsEntry("--scratch", "elsewhere/pruned_5120_0.05/pruned.pth.tar")
        .containsEntry("--start-epoch", "120");
    assertThat(options.get("--epochs")).endsWith("7");
  }
}
