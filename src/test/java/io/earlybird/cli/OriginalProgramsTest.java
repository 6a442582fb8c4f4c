package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.cli.OriginalPrograms.Kind;
import io.earlybird.cli.OriginalPrograms.Program;
import io.earlybird.cli.OriginalPrograms.Row;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Every option of every program of the original is accepted or answered. */
class OriginalProgramsTest {
  private static final Path DOCS = Path.of("docs/original.md");

  @TempDir private Path temp;

  static Stream<Program> programs() {
    return OriginalPrograms.programs().stream();
  }

  private static CommandLine line() {
    CommandLine line = new CommandLine(new Main());
    Main.COMMANDS.forEach(line::addSubcommand);
    return line;
  }

  private static String command(String words) {
    return words.split(" ")[0];
  }

  @Test
  void allSixteenProgramsAreListed() {
    assertThat(OriginalPrograms.programs()).hasSize(16);
    assertThat(OriginalPrograms.programs().stream().mapToInt(p -> p.options().size()).sum())
        .isEqualTo(338);
  }

  @ParameterizedTest
  @MethodSource("programs")
  void everyOptionHasItsRow(Program program) {
    CommandLine line = line();
    for (String words : program.commands()) {
      CommandLine command = line.getSubcommands().get(command(words));
      assertThat(command).as(words).isNotNull();
      for (String option : program.options()) {
        List<Row> rows =
            OriginalPrograms.rows().stream()
                .filter(r -> r.options().contains(option))
                .filter(r -> r.commands().contains(command.getCommandName()))
                .toList();
        assertThat(rows).as(program.file() + " " + option + " of " + words).hasSize(1);
        OptionSpec real = command.getCommandSpec().findOption(option);
        boolean isReal = real != null;
        assertThat(isReal)
            .as(option + " of " + words + " is an option of its own")
            .isEqualTo(rows.get(0).kind() == Kind.MEANING);
        if (isReal) {
          assertThat(real.hidden()).isFalse();
          boolean fits =
              OriginalPrograms.isSwitch(option) ? real.arity().min() == 0 : real.arity().max() > 0;
          assertThat(fits).as(option + " takes a value as the original's does").isTrue();
        }
      }
    }
  }

  @Test
  void noRowIsOfAnOptionThatNoProgramHas() {
    Set<String> known = new TreeSet<>();
    for (Program program : OriginalPrograms.programs()) {
      for (String words : program.commands()) {
        program.options().forEach(option -> known.add(command(words) + " " + option));
      }
    }
    // The spelling of one program of search and retrain is taken by both.
    known.add("search --start_epoch");
    for (Row row : OriginalPrograms.rows()) {
      for (String option : row.options()) {
        for (String command : row.commands()) {
          assertThat(known).contains(command + " " + option);
        }
      }
    }
  }

  /** The usual command lines, in the original's spelling; the failure comes after parsing. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "search --dataset cifar100 --arch vgg --depth 16 --lr 0.1 --epochs 160 --schedule 80 120"
            + " --batch-size 256 --test-batch-size 256 --save NEW --momentum 0.9"
            + " --sparsity-regularization --data NOWHERE --no-download | not found",
        "search -sr --s 0.0001 --wd 1e-4 --seed 1 --log-interval 100 --no-cuda --gpu_ids 0,1"
            + " --start-epoch 3 --save NEW --data NOWHERE --no-download | not found",
        "retrain --method reinit --scratch NOWHERE -sr --start-epoch 35 --gpu_ids 0 --local_rank 0"
            + " --port 15000 --arch vgg --depth 16 --save NEW | no such file",
        "prune --dataset cifar100 --test-batch-size 256 --depth 16 --percent 0.3 --model NOWHERE"
            + " --save NEW --gpu_ids 0 --multi_GPU 0 --wl-weight 8 --rounding nearest"
            + " | no such file",
        "mask-distance --dataset cifar100 --start_epoch 1 --end_epoch 160 --depth 16 --arch vgg"
            + " --percent 0.5 --save NOWHERE --save_1 NOWHERE --bits_A 8 | expected a search",
        "evaluate --dataset imagenet --data NOWHERE --arch resnet18 --depth 18 --lr 0.1 --epochs 90"
            + " --schedule 30 60 --batch-size 128 --test-batch-size 64 --save NEW --resume NOWHERE"
            + " --scratch NOWHERE --momentum 0.9 --sparsity-regularization --gpu_ids 0"
            + " | no such file",
        "search --gpu_ids x --save NEW | --gpu_ids: expected",
      })
  void oldCommandLinesAreUnderstood(String words, String failure) {
    StringWriter err = new StringWriter();
    String[] args =
        words
            .replace("NOWHERE", temp.resolve("absent").toString())
            .replace("NEW", temp.resolve("new").toString())
            .split(" ");
    int code = Main.run(args, new PrintWriter(new StringWriter()), new PrintWriter(err));
    assertThat(err.toString()).contains(failure).startsWith("earlybird: ");
    assertThat(code).isEqualTo(1);
    assertThat(temp).isEmptyDirectory();
  }

  @Test
  void whatHasNoEffectIsSaidInOneLineForEachReason() {
    StringWriter out = new StringWriter();
    String[] args =
        "evaluate --lr 0.1 --epochs 3 -sr --schedule 1 2 --port 7 --model /nowhere/x".split(" ");
    Main.run(args, new PrintWriter(out), new PrintWriter(new StringWriter()));
    assertThat(out.toString().lines())
        .contains(
            "note: --port: no effect: one process computes; there is nothing to connect",
            "note: -sr, --epochs, --schedule, --lr: no effect: nothing is trained")
        .hasSize(2);
  }

  @Test
  void whatIsReplacedIsRefusedInOneLine() {
    StringWriter err = new StringWriter();
    int code =
        Main.run(
            new String[] {"search", "--scratch", "x.pth.tar"},
            new PrintWriter(new StringWriter()),
            new PrintWriter(err));
    assertThat(code).isEqualTo(2);
    assertThat(err.toString())
        .contains("--scratch: a pruned network is trained by 'retrain --scratch FILE'");
  }

  @Test
  void theLastOfTwoCounts() {
    CommandLine line =
        line().setOverwrittenOptionsAllowed(true).setCaseInsensitiveEnumValuesAllowed(true);
    line.parseArgs(
        "search --schedule 80 120 --ratios 0.3,0.5 --epochs 160 --schedule 2 --ratios 0.7 --epochs 4"
            .split(" "));
    var search = line.getSubcommands().get("search").getCommandSpec();
    assertThat(search.findOption("--schedule").<List<Integer>>getValue()).containsExactly(2);
    assertThat(search.findOption("--ratios").<List<Double>>getValue()).containsExactly(0.7);
    assertThat(search.findOption("--epochs").<Integer>getValue()).isEqualTo(4);
  }

  /** The page for users has the same rows. */
  @Test
  void thePageAgreesWithTheTable() throws IOException {
    String page = Files.readString(DOCS);
    List<String> expected = new ArrayList<>();
    for (Program p : OriginalPrograms.programs()) {
      String ours =
          p.commands().stream().map(c -> "`" + c + "`").collect(Collectors.joining(" or "));
      expected.add("| `" + p.file() + "` | " + ours + " |");
    }
    for (Row row : OriginalPrograms.rows()) {
      String options =
          row.options().stream().map(o -> "`" + o + "`").collect(Collectors.joining(" "));
      String words =
          switch (row.kind()) {
            case MEANING -> row.words();
            case NOTE -> "no effect: " + row.words();
            case REFUSED -> "refused: " + row.words();
          };
      expected.add(
          "| " + options + " | " + String.join(", ", row.commands()) + " | " + words + " |");
    }
    List<String> missing =
        expected.stream()
            .filter(l -> Arrays.stream(page.split("\n")).noneMatch(l::equals))
            .toList();
    assertThat(missing).as("lines that docs/original.md lacks").isEmpty();
    long rows = page.lines().filter(l -> l.startsWith("| `")).count();
    assertThat(rows).as("lines of the page's tables").isEqualTo(expected.size());
  }
}
