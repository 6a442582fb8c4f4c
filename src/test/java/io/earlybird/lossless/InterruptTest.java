package io.earlybird.lossless;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C and SIGTERM save the state, say how to go on and end with the signal's exit code. */
class InterruptTest {
  @TempDir private static Path temp;

  @BeforeAll
  static void runUndisturbed() throws Exception {
    assertThat(start(Child.runOrResume(Child.RUN, whole())).exitCode()).isZero();
  }

  private static Path whole() {
    return temp.resolve("whole");
  }

  private static Child start(List<String> words) {
    return Child.start(temp.resolve("cache"), words);
  }

  /** When to interrupt: after a line that begins so, or in an evaluation if it is empty. */
  private record Interruption(String line, String signal, int exitCode) {}

  @Test
  void interruptedInEveryPhaseAndContinuedAsToldItEndsWithTheSameBits() throws Exception {
    Path folder = temp.resolve("a folder, 'quoted'");
    List<String> words = Child.runOrResume(Child.RUN, folder);
    for (Interruption i :
        List.of(
            new Interruption("run folder", "INT", 130),
            new Interruption("search 1/6", "TERM", 143),
            new Interruption("", "TERM", 143),
            new Interruption("the search ends", "INT", 130),
            new Interruption("pruned 50%", "TERM", 143),
            new Interruption("dense 4/6", "INT", 130),
            new Interruption("dense 6/6", "TERM", 143),
            new Interruption("ticket-30 4/6", "INT", 130),
            new Interruption("", "INT", 130),
            new Interruption("ticket-70 4/6", "TERM", 143))) {
      Child child = start(words);
      boolean came =
          i.line().isEmpty() ? child.awaitEvaluation(() -> {}) : child.awaitLine(i.line());
      assertThat(came).as("%s came, after %s", i, child.out()).isTrue();
      child.signal(i.signal());
      assertThat(child.exitCode()).as("%s: %s", i, child.err()).isEqualTo(i.exitCode());
      assertThat(child.err()).hasSize(2);
      assertThat(child.err().get(0)).startsWith("earlybird: stopped ");
      assertThat(RunFiles.halfWritten(folder)).isEmpty();
      words = words(child.err().get(1));
    }
    Child last = start(words);
    assertThat(last.exitCode()).as("%s", last.err()).isZero();
    RunFiles.requireSame(folder, whole());
  }

  /** The command that is told, as a shell takes it apart. */
  private static List<String> words(String line) throws Exception {
    assertThat(line).startsWith("continue with: earlybird run --resume ");
    String command = line.substring("continue with: earlybird ".length());
    Process shell = new ProcessBuilder("sh", "-c", "printf '%s\\n' " + command).start();
    String split = new String(shell.getInputStream().readAllBytes(), "UTF-8");
    return new ArrayList<>(Arrays.asList(split.split("\n")));
  }

  @Test
  void aSecondRunInTheSameFolderIsRefused() throws Exception {
    Path folder = temp.resolve("shared");
    Child first = start(Child.runOrResume(Child.RUN, folder));
    assertThat(first.awaitLine("run folder")).isTrue();
    Child second = start(List.of("run", "--resume", folder.toString()));
    assertThat(second.exitCode()).isEqualTo(1);
    assertThat(second.err()).hasSize(1).first().asString().contains("in use by another run");
    assertThat(first.exitCode()).isZero();
    RunFiles.requireSame(folder, whole());
  }

  @Test
  void aResumedRunRemovesNoCheckpointThatWasToStay() throws Exception {
    Path folder = temp.resolve("kept");
    Child child = start(Child.runOrResume(Child.RUN + " --keep all", folder));
    assertThat(child.awaitLine("dense 4/6")).isTrue();
    child.signal("TERM");
    assertThat(child.exitCode()).isEqualTo(143);
    assertThat(start(List.of("run", "--resume", folder.toString())).exitCode()).isZero();
    for (int epoch = 0; epoch < 6; epoch++) {
      assertThat(folder.resolve("dense/ckpt" + epoch + ".safetensors")).isNotEmptyFile();
    }
    assertThat(Files.exists(folder.resolve("ticket-30/ckpt3.safetensors"))).isTrue();
  }
}
