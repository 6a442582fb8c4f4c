package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareCommandTest {
  private static final String SEARCH =
      "search --backend reference --dataset shapes --train-images 32 --test-images 20"
          + " --test-batch-size 20 --cfg 4,M,4,M,4,M,4,M,4 --epochs 2 --batch-size 16 --lr 0.05"
          + " --ratios 0.5 --queue 2 --limit 1 --save ";

  @TempDir Path temp;

  /** What has come out when a command ends, through writers such as the process has. */
  private String out(String words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintWriter writer = new PrintWriter(out, true);
    Main.run(words.split(" +"), writer, writer);
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void sameRunsAreEqualAndOthersDifferWhereTheyDo() {
    Path a = temp.resolve("a");
    Path b = temp.resolve("b");
    Path c = temp.resolve("c");
    assertThat(CommandLineRunner.run(SEARCH + a)).isZero();
    assertThat(CommandLineRunner.run(SEARCH + b)).isZero();
    assertThat(CommandLineRunner.run(SEARCH + c + " --seed 2")).isZero();
    assertThat(out("compare " + a + " " + b))
        .contains(
            "the settings are the same",
            "  equal",
            "epoch 2 in A, 2 in B; distance of the masks 0.0000");
    assertThat(out("compare " + a + " " + c))
        .contains("--seed: 1 in A, 2 in B", "differ from epoch 1 on", "distance of the masks");
    assertThat(out("compare " + a + " " + temp)).contains("holds no run").hasLineCount(1);
    assertThat(out("report " + a)).contains("report.html");
  }
}
