package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.BuildInfo;
import io.earlybird.EarlybirdException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Command(name = "fail", description = "Fails as it is told.")
  static final class Fail implements Callable<Integer> {
    @Option(names = "--how")
    private String how = "";

    @Override
    public Integer call() throws Exception {
      switch (how) {
        case "known":
          throw new EarlybirdException("epochs must be positive, not 0\nmore", 3, null);
        case "file":
          throw new NoSuchFileException("a/b.bin");
        case "full":
          throw new UncheckedIOException(
              new FileSystemException("a/b.bin", null, "No space left on device"));
        case "bug":
          throw new IllegalStateException("a bug");
        case "memory":
          throw new OutOfMemoryError("Java heap space");
        default:
          return 5;
      }
    }
  }

  private int run(String... args) {
    return Main.run(List.of(Fail.class), args, new PrintWriter(out), new PrintWriter(err));
  }

  @Test
  void aFailureOfTheUsersIsOneLineAndItsOwnExitCode() {
    assertThat(run("fail", "--how=known")).isEqualTo(3);
    assertThat(err.toString()).isEqualTo("earlybird: epochs must be positive, not 0\n");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void failuresOfFilesNameTheFile() {
    assertThat(run("fail", "--how=file")).isEqualTo(1);
    assertThat(run("fail", "--how=full")).isEqualTo(1);
    assertThat(err.toString())
        .isEqualTo(
            "earlybird: a/b.bin: no such file or folder\n"
                + "earlybird: a/b.bin: No space left on device\n");
  }

  @Test
  void lackOfMemoryIsAFailureAndABugAnInternalError() {
    assertThat(run("fail", "--how=memory")).isEqualTo(1);
    assertThat(run("fail", "--how=bug")).isEqualTo(Failures.INTERNAL_ERROR);
    assertThat(err.toString())
        .isEqualTo(
            "earlybird: not enough memory (Java heap space)\n"
                + "earlybird: internal error: java.lang.IllegalStateException: a bug;"
                + " --stacktrace shows where\n");
  }

  @Test
  void theStackTraceIsShownOnRequest() {
    assertThat(run("fail", "--how=known", "--stacktrace")).isEqualTo(3);
    assertThat(err.toString()).contains("\tat " + Fail.class.getName() + ".call(");
  }

  @Test
  void theExitCodeOfACommandPassesThrough() {
    assertThat(run("fail")).isEqualTo(5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "nonsense", "--nonsense", "fail --nonsense", "fail --how"})
  void wrongUsageIsExitCodeTwoAndPointsToTheHelp(String words) {
    assertThat(run(words.isEmpty() ? new String[0] : words.split(" "))).isEqualTo(2);
    assertThat(err.toString()).startsWith("earlybird: ").contains("--help'.");
  }

  @Test
  void theVersionNamesInstructionSetAndJava() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString())
        .startsWith("earlybird " + BuildInfo.version() + "\n")
        .contains("commit ", "instruction set x86-64-v", "Java " + Runtime.version().feature());
  }

  @Test
  void everyCommandHasHelp() {
    CommandLine line = new CommandLine(new Main());
    Main.COMMANDS.forEach(line::addSubcommand);
    line.getSubcommands().forEach((name, command) -> assertHelp(name));
    assertHelp("");
  }

  private static void assertHelp(String name) {
    StringWriter text = new StringWriter();
    String[] args = name.isEmpty() ? new String[] {"--help"} : new String[] {name, "--help"};
    assertThat(Main.run(args, new PrintWriter(text), new PrintWriter(text))).isZero();
    assertThat(text.toString()).contains("Usage: earlybird", "--help");
  }
}
