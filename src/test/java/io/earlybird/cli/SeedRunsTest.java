package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SeedRunsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TINY =
      "run --dataset shapes --train-images 32 --test-images 16 --arch vgg"
          + " --cfg [4,\"M\",6,\"M\",8,\"M\",8,\"M\",8] --epochs 2 --batch-size 16 --ratios 0.5"
          + " --queue 2 --limit 1 --schedule 1 --powercap /nowhere";

  @TempDir Path temp;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String more) {
    List<String> words = new ArrayList<>(List.of(TINY.split(" ")));
    words.addAll(List.of(more.split(" ")));
    return Main.run(words.toArray(String[]::new), new PrintWriter(out), new PrintWriter(err));
  }

  private JsonNode networks(Path folder) throws Exception {
    return JSON.readTree(folder.resolve("seeds.json").toFile()).path("networks");
  }

  @ParameterizedTest
  @CsvSource({"reference,1", "reference,2", "cpu,2"})
  void severalSeedsGiveTheRunsOfEach(String backend, int together) throws Exception {
    Path folder = temp.resolve("all");
    String several = "--seeds 3,4 --side-by-side " + together + " --backend " + backend;
    assertThat(run(several + " --threads 1 --save " + folder)).as(err + "" + out).isZero();
    List<String> alone = new ArrayList<>();
    for (int seed = 3; seed <= 4; seed++) {
      Path own = temp.resolve("alone-" + seed);
      String words = "--seed " + seed + " --threads 1 --backend " + backend + " --save " + own;
      assertThat(run(words)).as(err + "" + out).isZero();
      JsonNode summary = JSON.readTree(own.resolve("summary.json").toFile());
      summary.path("networks").forEach(n -> alone.add(n.path("sha256").asText()));
    }
    JsonNode networks = networks(folder);
    assertThat(networks).hasSize(2);
    List<String> together3 = new ArrayList<>();
    for (int seed = 0; seed < 2; seed++) {
      for (JsonNode network : networks) {
        together3.add(network.path("seeds").path(seed).path("sha256").asText());
      }
    }
    assertThat(together3).isEqualTo(alone);
    assertThat(out.toString().contains("[seed 4] ")).isEqualTo(together > 1);
  }

  @Test
  void meanAndSpreadAreInTheTable() throws Exception {
    Path folder = temp.resolve("all");
    String words = "--seeds=1,2,3 --backend reference --save=" + folder;
    assertThat(run(words)).as(err + "" + out).isZero();
    for (JsonNode network : networks(folder)) {
      double sum = 0;
      double squares = 0;
      for (JsonNode seed : network.path("seeds")) {
        sum += seed.path("last_accuracy").asDouble();
        squares += Math.pow(seed.path("last_accuracy").asDouble(), 2);
      }
      double variance = (squares - sum * sum / 3) / 2;
      assertThat(network.path("last_accuracy").asDouble()).isCloseTo(sum / 3, within(1e-9));
      assertThat(network.path("last_accuracy_sd").asDouble())
          .isCloseTo(Math.sqrt(Math.max(0, variance)), within(1e-6));
    }
    assertThat(out.toString()).contains(" ± ").contains("ticket 50%");

    // What is there stays, what is missing is made.
    Files.delete(folder.resolve("seed-2/summary.json"));
    Path page = folder.resolve("seed-3/report.html");
    Files.delete(page);
    String before = networks(folder).toString();
    assertThat(run(words)).isZero();
    assertThat(out.toString()).contains("finished already: " + folder.resolve("seed-1"));
    assertThat(out.toString()).contains("--resume " + folder.resolve("seed-2"));
    assertThat(out.toString()).contains("--resume " + folder.resolve("seed-3"));
    assertThat(page).isNotEmptyFile();
    assertThat(networks(folder).toString()).isEqualTo(before);
    assertThat(run(words + " --lr 0.2")).isOne();
    assertThat(err.toString()).contains("seed-1 holds a run with other settings: --lr was 0.1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--seeds 1,1|a seed comes twice",
        "--seeds 1,2 --side-by-side 0|--side-by-side must be at least 1",
        "--seeds 1,2 --resume x|leave out --resume",
        "--seeds 1,2 --epochs 0|epochs",
        "--seeds 1,x|--seeds"
      })
  void badInput(String words, String message) {
    assertThat(run(words + (words.contains("--resume") ? "" : " --save " + temp.resolve("n"))))
        .isNotZero();
    assertThat(err.toString()).contains(message);
    assertThat(temp.resolve("n")).doesNotExist();
  }
}
