package io.earlybird.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The examples of the library's use, compiled and run as their page says. */
class ExamplesTest {
  private static final Path EXAMPLES = Path.of("examples");
  private static final Path PAGE = Path.of("docs/library.md");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "FindTicket  | ticket drawn at the start of epoch | it keeps mask keeping",
        "OwnNetwork  | ticket drawn at the start of epoch | retrained: ",
        "PruneTwice  | round 2: \\[                       | trained on: ",
        "OwnTraining | 50%: drawn at the start of epoch   | distance of the first to the last",
        "LowPrecisionTraining | drawn at the start of epoch | averaged weights ",
        "LowPrecisionOptimizer | step 100: loss 0\\.[0-4] | number of eight bits: true",
      })
  void runs(String name, String line, String other) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                EXAMPLES.resolve(name + ".java").toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).containsPattern(line).containsPattern(other);
  }

  @Test
  void thePageShowsThemAsTheyAre() throws Exception {
    String page = Files.readString(PAGE);
    String source = Files.readString(EXAMPLES.resolve("FindTicket.java"));
    String body = source.substring(source.indexOf("public class"));
    assertThat(page)
        .contains(body)
        .contains(
            "OwnNetwork.java", "PruneTwice.java", "OwnTraining.java", "LowPrecisionTraining.java")
        .contains("LowPrecisionOptimizer.java");
  }
}
