package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.checkpoint.Npy;
import io.earlybird.checkpoint.pth.OriginalCheckpoint;
import io.earlybird.data.PictureFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The twins of the original's scripts run as chains, on small data. */
class ScriptChainsTest {
  private static final String TINY =
      "--backend reference --dataset shapes --train-images 44 --test-images 30"
          + " --test-batch-size 30";
  private static final String RECIPE = " --epochs 3 --schedule 2 --batch-size 16 --lr 0.05";
  private static final String CFG = "4,4,M,4,4,M,6,6,6,M,6,6,6,M,8,8,8";

  /** ResNet-18: per block the channels selected and the first convolution's; the four streams. */
  private static final String BASIC = "6,4,6,4,6,5,7,5,7,6,8,6,8,6,9,6,6,7,8,9";

  /** ResNet-50: the stem's, twice; per block those of its three convolutions. */
  private static final String BOTTLENECK =
      "6,6,4,4,7,4,4,7,4,4,7,4,4,8,4,4,8,4,4,8,4,4,8,5,5,9,5,5,9,5,5,9,5,5,9,5,5,9,5,5,9,"
          + "5,5,10,5,5,10,5,5,10";

  @TempDir private Path folder;
  private ScriptFolder scripts;
  private String out;

  @BeforeEach
  void standIn() throws IOException {
    scripts = new ScriptFolder(folder);
  }

  private void run(String script, String more) throws Exception {
    out = scripts.run(script, more);
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

  /** Low-precision search, retraining in full precision; and the ticket's structure alone. */
  @Test
  void theOtherChainsOfLowPrecisionRun() throws Exception {
    String net = " --cfg " + CFG;
    run(
        "low-precision/search.sh",
        TINY + RECIPE + net + " --ratios 0.3 --queue 2 --limit 1 --swa_start 1");
    run("low-precision/prune.sh", TINY);
    Path base = folder.resolve("lp_baseline/vgg16-cifar10");

    scripts.environment = Map.of("FOLDER", "./lp_baseline/vgg16-cifar10");
    run("standard-train/retrain_continue.sh", TINY + RECIPE);
    assertThat(out).contains("inherit: begins with epoch 3");
    Path full = base.resolve("retrain_3002_0.3/checkpoint.pth.tar");
    assertThat(OriginalCheckpoint.read(full).isLowPrecision()).isFalse();
    assertThat(rounded(full)).isFalse();

    scripts.environment = Map.of();
    String fresh = " --method reinit --start-epoch 0 --swa_start 1 --save ";
    run("low-precision/retrain_continue.sh", TINY + RECIPE + fresh + base.resolve("reinit"));
    assertThat(out).contains("reinit: begins with epoch 1");
    Path low = base.resolve("reinit/checkpoint.pth.tar");
    assertThat(OriginalCheckpoint.read(low).isLowPrecision()).isTrue();
    assertThat(rounded(low)).isTrue();
    assertThat(OriginalCheckpoint.read(base.resolve("reinit/swa.pth.tar")).epoch()).hasValue(3);
  }

  /** Whether no value of the classifier's bias, of blocks of its own, has more than 8 bits. */
  private static boolean rounded(Path file) {
    for (float v : OriginalCheckpoint.read(file).state().get("classifier.bias").floats()) {
      if ((Float.floatToRawIntBits(v) & 0x1ffff) != 0) {
        return false;
      }
    }
    return true;
  }

  @ParameterizedTest
  @CsvSource({"resnet18-imagenet,ResNet18,30,0.3", "resnet50-imagenet,ResNet50,70,0.7"})
  void theImageNetChainsRun(String set, String net, String percent, String ratio) throws Exception {
    String cfg = net.equals("ResNet18") ? BASIC : BOTTLENECK;
    String data =
        "--backend reference --image-size 32 --test-batch-size 3 --data "
            + PictureFiles.folder(folder.resolve("pictures"), 5);
    String recipe = " --epochs 3 --schedule 2 --batch-size 4 --lr 0.05";
    String tickets = " --ratios " + ratio + " --queue 2 --limit 1 --cfg " + cfg;
    run(set + "/search.sh", data + recipe + tickets);
    Path base = folder.resolve("EBTrain-ImageNet").resolve(net);
    OriginalCheckpoint ticket =
        OriginalCheckpoint.read(base.resolve("EB-" + percent + "-2.pth.tar"));
    assertThat(ticket.epoch()).hasValue(2);

    run(set + "/prune.sh", data);
    assertThat(out).contains("pruned " + percent + "%", "difference 0.00");
    Path pruned = base.resolve("pruned_" + percent + "02_" + ratio + "/pruned.pth.tar");
    assertThat(OriginalCheckpoint.read(pruned).cfg()).isPresent();

    run(set + "/retrain_continue.sh", data + recipe);
    assertThat(out).contains("inherit: begins with epoch 3");
    run(set + "/evaluation.sh", data);
    assertThat(out).contains("top-1", "top-5", "of 8 pictures");
  }
}
