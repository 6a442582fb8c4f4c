package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.checkpoint.Checkpoint;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Search, pruning and retraining in eight bits, as a user gives the commands. */
class LowPrecisionCommandsTest {
  private static final String TINY =
      " --backend cpu --threads 1 --dataset shapes --train-images 96 --test-images 40"
          + " --test-batch-size 40";
  private static final String NET = " --cfg 6,M,8,M,8,M,12,M,12";
  private static final String RECIPE = " --epochs 3 --schedule 2 --batch-size 16 --lr 0.05";
  private static final String EAGER = " --ratios 0.5 --queue 2 --limit 1";
  private static final String SWALP = " --precision bfp8 --swa --swa_start 1";

  @TempDir private Path temp;
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

  /** The figures of the last line of that event in a run's metrics. */
  private static JsonNode last(Path run, String event) throws Exception {
    JsonNode found = null;
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      JsonNode node = new ObjectMapper().readTree(line);
      found = node.path("event").asText().equals(event) ? node : found;
    }
    assertThat(found).as(event).isNotNull();
    return found;
  }

  private String sha() {
    return out.lines().filter(l -> l.contains("SHA-256")).findFirst().orElseThrow();
  }

  @Test
  void lowInBothLowThenFullAndFromNewWeightsAllChain() throws Exception {
    Path search = temp.resolve("search");
    assertThat(earlybird("search" + TINY + NET + RECIPE + EAGER + SWALP + " --save", search))
        .as(err)
        .isZero();
    assertThat(Files.readAllLines(search.resolve("record.txt")).get(2).trim().split("\\s+"))
        .hasSize(4);
    double averaged = last(search, "epoch").path("average_accuracy").asDouble();
    assertThat(earlybird("evaluate" + TINY + " --model", search.resolve("swa.safetensors")))
        .as(err)
        .isZero();
    assertThat(out).contains(String.format(Locale.ROOT, "%.2f", averaged));

    Path pruned = temp.resolve("pruned");
    Path ticket = search.resolve("EB-50-2.safetensors");
    String prune = "prune" + TINY.replace(" --train-images 96", "");
    assertThat(earlybird(prune + " --model " + ticket + " --save", pruned)).as(err).isZero();
    String retrain =
        "retrain" + TINY + RECIPE + " --scratch " + pruned.resolve("pruned.safetensors");
    Path low = temp.resolve("ll");
    assertThat(earlybird(retrain + SWALP + " --save", low)).as(err).isZero();
    assertThat(out).contains("inherit: begins with epoch 2");
    assertThat(low.resolve("swa.safetensors")).exists();

    Path full = temp.resolve("lf");
    assertThat(earlybird(retrain + " --save", full)).as(err).isZero();
    assertThat(full.resolve("swa.safetensors")).doesNotExist();
    assertThat(Files.readAllLines(full.resolve("record.txt")).get(0).trim().split("\\s+"))
        .hasSize(3);

    Path fresh = temp.resolve("reinit");
    assertThat(earlybird(retrain + SWALP + " --method reinit --save", fresh)).as(err).isZero();
    assertThat(out).contains("reinit: begins with epoch 1");
    assertThat(fresh.resolve("swa.safetensors")).exists();
  }

  @Test
  void aResumedRunEndsWithTheBitsOfAWholeOneAverageIncluded() {
    Path whole = temp.resolve("whole");
    assertThat(earlybird("search" + TINY + NET + RECIPE + EAGER + SWALP + " --save", whole))
        .as(err)
        .isZero();
    String expected = sha();
    Path parts = temp.resolve("parts");
    String two = RECIPE.replace("--epochs 3", "--epochs 2");
    assertThat(earlybird("search" + TINY + NET + two + EAGER + SWALP + " --save", parts)).isZero();
    assertThat(earlybird("search --resume " + parts + " --epochs", 3)).as(err).isZero();
    assertThat(sha()).isEqualTo(expected);
    assertThat(Checkpoint.read(parts.resolve("swa.safetensors")).tensors())
        .isEqualTo(Checkpoint.read(whole.resolve("swa.safetensors")).tensors());
  }

  @Test
  void aRunThatDivergesLeavesItsLastGoodCheckpointFromWhichItGoesOn() throws Exception {
    Path run = temp.resolve("run");
    String four = " --wl-weight 4 --wl-grad 4 --wl-activate 4 --wl-error 4 --wl-momentum 4";
    String one = RECIPE.replace("--epochs 3", "--epochs 1");
    assertThat(earlybird("search" + TINY + NET + one + EAGER + four + " --save", run))
        .as(err)
        .isZero();
    byte[] record = Files.readAllBytes(run.resolve("record.txt"));

    assertThat(earlybird("search --override --epochs 3 --lr 1e30 --resume", run)).isEqualTo(3);
    assertThat(err.lines()).hasSize(1);
    assertThat(err)
        .contains("diverged", "not finite since step ", "the last good checkpoint is " + run);
    String file = err.substring(err.indexOf("checkpoint is ") + 14).trim();
    assertThat(earlybird("evaluate" + TINY + " --model", file)).as(err).isZero();
    assertThat(Files.readAllBytes(run.resolve("record.txt"))).isEqualTo(record);

    assertThat(earlybird("search --override --epochs 3 --lr 0.05 --resume", run)).as(err).isZero();
    assertThat(Files.readAllLines(run.resolve("record.txt"))).hasSize(3);
  }
}
