package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that train, prune and evaluate, on the smallest of networks. */
class RunCommandsTest {
  private static final String TINY =
      "--backend reference --dataset shapes --train-images 44 --test-images 30"
          + " --test-batch-size 30";
  private static final String NET = " --cfg 4,M,6,M,8,M,8,M,8";
  private static final String RECIPE = " --epochs 3 --schedule 2 --batch-size 16 --lr 0.05";
  private static final String EAGER = " --ratios 0.5 --queue 2 --limit 1";

  @TempDir Path temp;
  private String out;
  private String err;

  private int earlybird(String words, Object... more) {
    List<String> args = new ArrayList<>(Arrays.asList(words.trim().split(" +")));
    for (Object m : more) {
      args.add(m.toString());
    }
    StringWriter outText = new StringWriter();
    StringWriter errText = new StringWriter();
    int code =
        Main.run(args.toArray(String[]::new), new PrintWriter(outText), new PrintWriter(errText));
    out = outText.toString();
    err = errText.toString();
    return code;
  }

  @Test
  void runDoesEverythingAndARerunGivesTheSameWeights() throws Exception {
    Path a = temp.resolve("a");
    assertThat(earlybird("run " + TINY + NET + RECIPE + EAGER + " --save", a)).isZero();
    assertThat(err).isEmpty();
    assertThat(out)
        .contains(
            "backend reference",
            "drawn: 50%",
            "pruned 50%",
            "difference 0.00",
            "dense",
            "ticket 50%",
            "joules");
    List<String> hashes = out.lines().filter(l -> l.contains("SHA-256")).toList();
    assertThat(hashes).hasSize(2);
    assertThat(earlybird("run " + TINY + NET + RECIPE + EAGER + " --save", temp.resolve("b")))
        .isZero();
    assertThat(out.lines().filter(l -> l.contains("SHA-256")).toList()).isEqualTo(hashes);
    for (String line : Files.readAllLines(a.resolve("metrics.jsonl"))) {
      JsonNode node = new ObjectMapper().readTree(line);
      assertThat(node.has("event")).isTrue();
    }
  }

  @Test
  void searchPruneRetrainAndEvaluateChain() {
    Path search = temp.resolve("search");
    assertThat(
            earlybird(
                "search --stop-when-drawn " + TINY + NET + RECIPE + EAGER + " --save", search))
        .isZero();
    assertThat(out).contains("the search ends after 1 of 3 epochs");
    Path ticket = search.resolve("EB-50-2.safetensors");
    assertThat(ticket).isNotEmptyFile();
    assertThat(search.resolve("mask-distance.png")).isNotEmptyFile();

    Path pruned = temp.resolve("pruned");
    assertThat(
            earlybird(
                "prune " + TINY.replace("--train-images 44", "") + " --save " + pruned + " --model",
                ticket))
        .isZero();
    assertThat(out).contains("pruned 50%", "difference 0.00");
    Path file = pruned.resolve("pruned.safetensors");

    assertThat(earlybird("evaluate " + TINY + " --model", file)).isZero();
    assertThat(out).contains("top-1", "of 30 pictures");

    Path retrain = temp.resolve("retrain");
    assertThat(earlybird("retrain " + TINY + RECIPE + " --save " + retrain + " --scratch", file))
        .isZero();
    assertThat(out).contains("inherit: begins with epoch 2", "test accuracy: last");
    assertThat(retrain.resolve("record.txt")).isNotEmptyFile();
    assertThat(
            earlybird(
                "retrain --method reinit "
                    + TINY
                    + RECIPE
                    + " --save "
                    + temp.resolve("r2")
                    + " --scratch",
                file))
        .isZero();
    assertThat(out).contains("reinit: begins with epoch 1");
  }

  @Test
  void resumeTakesTheRunsOwnSettingsAndGoesOn() throws Exception {
    Path a = temp.resolve("a");
    String two = RECIPE.replace("--epochs 3", "--epochs 2");
    assertThat(earlybird("search --no-sr " + TINY + NET + two + EAGER + " --save", a)).isZero();
    assertThat(earlybird("search --resume " + a + " --epochs", 3)).isZero();
    assertThat(out).contains("changed: --epochs was 2, is now 3", "3/3");
    assertThat(Files.readAllLines(a.resolve("record.txt"))).hasSize(3);
    String resumed = out.lines().filter(l -> l.contains("SHA-256")).findFirst().orElseThrow();
    assertThat(
            earlybird(
                "search --no-sr " + TINY + NET + RECIPE + EAGER + " --save", temp.resolve("b")))
        .isZero();
    assertThat(out).contains(resumed);

    assertThat(earlybird("search --resume " + a + " --lr", 0.01)).isEqualTo(1);
    assertThat(err).contains("--lr was 0.05, is now 0.01", "--override");
    assertThat(earlybird("search --override --resume " + a + " --lr", 0.01)).isZero();
    assertThat(out).contains("changed: --lr was 0.05, is now 0.01");
    assertThat(earlybird("run --resume", a)).isEqualTo(1);
    assertThat(err).contains("started by 'search'");
  }

  @Test
  void withoutADrawItSaysSoAndSucceeds() {
    String strict = " --ratios 0.5 --queue 3 --limit 0";
    assertThat(earlybird("run " + TINY + NET + RECIPE + strict + " --save", temp.resolve("a")))
        .isZero();
    assertThat(out).contains("no ticket at 50%", "--limit", "--else-last");
  }

  @Test
  void divergenceHasAnExitCodeOfItsOwn() {
    assertThat(
            earlybird(
                "search " + TINY + NET + RECIPE.replace("0.05", "1e30") + " --save",
                temp.resolve("a")))
        .isEqualTo(3);
    assertThat(err).contains("diverged").contains("step 1");
    assertThat(temp.resolve("a")).doesNotExist();
  }

  @Test
  void benchStepPrintsOneObject() throws Exception {
    assertThat(
            earlybird(
                "bench step --backend reference --batch 4 --repeat 2 --warmup 1 --json" + NET))
        .isZero();
    JsonNode node = new ObjectMapper().readTree(out);
    for (String key :
        List.of(
            "median_ms", "min_ms", "max_ms", "images_per_s", "gflop_per_s", "peak_memory_bytes")) {
      assertThat(node.path(key).asDouble()).isPositive();
    }
    assertThat(node.has("peak_share")).isTrue();
  }
}
