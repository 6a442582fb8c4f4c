package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.checkpoint.CheckpointInfo;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Search, prune, retrain, and prune what was retrained again. */
class PruneAgainTest {
  private static final String DATA =
      " --backend reference --dataset shapes --train-images 32 --test-images 20"
          + " --test-batch-size 20";
  private static final String RECIPE = " --batch-size 16 --lr 0.1 --schedule 9";

  @TempDir private Path temp;
  private String out;
  private String err;

  private int earlybird(String words) {
    StringWriter outText = new StringWriter();
    StringWriter errText = new StringWriter();
    int code =
        Main.run((words + DATA).split(" +"), new PrintWriter(outText), new PrintWriter(errText));
    out = outText.toString();
    err = errText.toString();
    return code;
  }

  private String in(String name) {
    return " " + temp.resolve(name);
  }

  private void succeeds(String words) {
    assertThat(earlybird(words)).as(words + ": " + err).isZero();
  }

  /** Channels before and after, as the pruned network's file has them. */
  private int[] channels(String folder) {
    CheckpointInfo info =
        Checkpoint.read(temp.resolve(folder).resolve("pruned.safetensors")).info();
    int before = 0;
    int after = 0;
    for (JsonNode layer : info.configuration().path("pruned").path("layers")) {
      before += layer.get(1).asInt();
      after += layer.get(2).asInt();
    }
    return new int[] {before, after};
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--arch vgg --cfg 8,8,M,12,12,M,12,12,12,M,12,12,12,M,12,12,12 | inherit",
        "--arch resnet --depth 11 | inherit",
        "--arch resnet --depth 11 | reinit",
      })
  void theCumulativeRatioCountsFromTheFirstNetwork(String net, String method) {
    succeeds("search " + net + RECIPE + " --epochs 2 --keep all --save" + in("run"));
    succeeds("prune --percent 0.3 --model" + in("run/ckpt1.pth.tar") + " --save" + in("first"));
    assertThat(out).contains("pruned 30%:");
    int dense = channels("first")[0];
    assertThat(channels("first")[1]).isEqualTo(dense - (int) (dense * 0.3) - 1);

    String how = " --method " + method + " --start-epoch 0 --epochs 1";
    String scratch = " --scratch" + in("first/pruned.safetensors");
    succeeds("retrain" + how + RECIPE + scratch + " --save" + in("trained"));
    String model = " --model" + in("trained/model_best.pth.tar");
    succeeds("prune --percent 0.5 --cumulative" + model + " --save" + in("second"));
    int kept = dense - (int) (dense * 0.5) - 1;
    // Scales that are equal at the threshold, which fresh ones may be, go together.
    int equals = method.equals("reinit") ? 2 : 0;
    assertThat(channels("second")[1]).isBetween(kept - equals, kept);
    assertThat(out).contains("in all)");
    assertThat(out).containsPattern("difference 0.00");

    if (net.contains("vgg")) {
      assertThat(earlybird("prune --percent 0.2 --cumulative" + model + " --save" + in("none")))
          .isEqualTo(1);
      assertThat(err).contains("are pruned already").hasLineCount(1);
    }
    assertThat(temp.resolve("none/pruned.safetensors")).doesNotExist();
  }

  @Test
  void theOriginalsPrunedNetworkIsMeasuredByTheStandardOne() {
    succeeds("search --arch resnet --depth 11" + RECIPE + " --epochs 1 --pth --save" + in("run"));
    String first = " --save" + in("first");
    succeeds("prune --pth --percent 0.3 --model" + in("run/ckpt0.pth.tar") + first);
    int dense = channels("first")[0];
    String model = " --model" + in("first/pruned.pth.tar");
    succeeds("prune --percent 0.6 --cumulative" + model + " --save" + in("second"));
    assertThat(channels("second")[1]).isEqualTo(dense - (int) (dense * 0.6) - 1);

    String recipe = " --method inherit --start-epoch 0 --epochs 1" + RECIPE;
    succeeds("retrain --scratch" + in("first/pruned.pth.tar") + recipe + " --save" + in("trained"));
    String trained = " --model" + in("trained/model_best.pth.tar");
    succeeds("prune --percent 0.6 --cumulative" + trained + " --save" + in("third"));
    assertThat(channels("third")[1]).isEqualTo(dense - (int) (dense * 0.6) - 1);
  }
}
