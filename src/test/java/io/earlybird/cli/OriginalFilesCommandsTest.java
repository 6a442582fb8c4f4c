package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.checkpoint.pth.OriginalCheckpoint;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands read the original's files and write them. */
class OriginalFilesCommandsTest {
  private static final String DATA =
      " --backend reference --dataset shapes --train-images 44 --test-images 30";
  private static final String RECIPE =
      " --epochs 3 --schedule 2 --batch-size 16 --lr 0.05 --test-batch-size 30";
  private static final String SEARCH =
      "search"
          + DATA
          + RECIPE
          + " --cfg 4,M,6,M,8,M,8,M,8 --ratios 0.5 --queue 2 --limit 1 --pth --keep all --save ";

  @TempDir private static Path shared;
  private static Path search;
  private static String searchWeights;

  @TempDir private Path temp;
  private static String out;
  private static String err;

  @BeforeAll
  static void searchOnce() {
    search = shared.resolve("search");
    assertThat(earlybird(SEARCH + search)).isZero();
    searchWeights = weights();
  }

  private static int earlybird(String words, Object... more) {
    List<String> args = new ArrayList<>(Arrays.asList(words.trim().split(" +")));
    Arrays.stream(more).forEach(m -> args.add(m.toString()));
    StringWriter outText = new StringWriter();
    StringWriter errText = new StringWriter();
    int code =
        Main.run(args.toArray(String[]::new), new PrintWriter(outText), new PrintWriter(errText));
    out = outText.toString();
    err = errText.toString();
    return code;
  }

  private static String weights() {
    return out.lines().filter(l -> l.contains("SHA-256")).findFirst().orElseThrow();
  }

  private static List<String> originals(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(n -> n.endsWith(".pth.tar"))
          .sorted()
          .toList();
    }
  }

  @Test
  void aSearchWritesTheOriginalsFiles() throws IOException {
    assertThat(originals(search))
        .containsExactly(
            "EB-50-2.pth.tar",
            "ckpt0.pth.tar",
            "ckpt1.pth.tar",
            "ckpt2.pth.tar",
            "init.pth.tar",
            "model_best.pth.tar");
    OriginalCheckpoint last = OriginalCheckpoint.read(search.resolve("ckpt2.pth.tar"));
    assertThat(last.epoch()).hasValue(3);
    assertThat(last.learningRate()).hasValue(0.005);
    assertThat(last.momenta()).hasSize(17);
    assertThat(last.best()).isPresent();
    OriginalCheckpoint ticket = OriginalCheckpoint.read(search.resolve("EB-50-2.pth.tar"));
    assertThat(ticket.epoch()).hasValue(2);
    assertThat(ticket.learningRate()).hasValue(0.05);
    assertThat(ticket.state())
        .isEqualTo(OriginalCheckpoint.read(search.resolve("ckpt0.pth.tar")).state());
    assertThat(OriginalCheckpoint.read(search.resolve("init.pth.tar")).epoch()).isEmpty();
  }

  @Test
  void keptEpochsAreTheSameInBothForms() throws IOException {
    Path folder = temp.resolve("last");
    assertThat(earlybird(SEARCH.replace("--keep all", "--keep last") + folder)).isZero();
    assertThat(originals(folder))
        .contains("init.pth.tar", "model_best.pth.tar", "ckpt2.pth.tar")
        .doesNotContain("ckpt0.pth.tar");
    assertThat(folder.resolve("ckpt0.safetensors")).doesNotExist();
  }

  @Test
  void aSearchGoesOnBitForBitWithTheOriginalsCheckpoint() throws IOException {
    Path elsewhere = Files.createDirectories(temp.resolve("theirs"));
    Path checkpoint = elsewhere.resolve("ckpt0.pth.tar");
    Files.copy(search.resolve("ckpt0.pth.tar"), checkpoint);
    Path init = elsewhere.resolve("init.pth.tar");
    Files.copy(search.resolve("init.pth.tar"), init);
    Path run = temp.resolve("run");
    String tail = " --ratios 0.5 --queue 2 --limit 1 --save " + run + " --resume ";
    assertThat(earlybird("search" + DATA + RECIPE + tail, checkpoint)).isZero();
    assertThat(weights()).isEqualTo(searchWeights);
    // The file before epoch 0 lies beside it, so that the queue is full when epoch 1 begins.
    assertThat(run.resolve("EB-50-2.safetensors")).exists();
    assertThat(Files.readAllLines(run.resolve("record.txt"))).hasSize(2);
    assertThat(earlybird("search --epochs 4 --resume", run)).isZero();
    assertThat(out).contains("4/4");

    assertThat(
            earlybird(
                "search" + DATA + RECIPE + " --depth 11 --save " + temp.resolve("x") + " --resume",
                checkpoint))
        .isEqualTo(1);
    assertThat(err).contains("ckpt0.pth.tar: holds vgg", ", not vgg11 (10 classes)");
    assertThat(temp.resolve("x")).doesNotExist();
  }

  @Test
  void aFileInOurRunFolderStandsForTheRun() {
    Path run = temp.resolve("run");
    assertThat(earlybird(SEARCH.replace("--epochs 3", "--epochs 2") + run)).isZero();
    assertThat(
            earlybird(
                "search --epochs 3 --save " + run + " --resume", run.resolve("ckpt1.pth.tar")))
        .isZero();
    assertThat(weights()).isEqualTo(searchWeights);
    assertThat(run.resolve("ckpt2.pth.tar")).exists();
  }

  @Test
  void aRunGoesOnWithTheOriginalsCheckpoint() throws IOException {
    Path elsewhere = Files.createDirectories(temp.resolve("theirs"));
    Path checkpoint = Files.copy(search.resolve("ckpt1.pth.tar"), elsewhere.resolve("a.pth.tar"));
    Path run = temp.resolve("run");
    String tail = " --ratios 0.5 --queue 2 --limit 1 --pth --else-last --save " + run;
    assertThat(earlybird("run" + DATA + RECIPE + tail + " --resume", checkpoint)).isZero();
    assertThat(weights().replace(" of dense", "")).isEqualTo(searchWeights);
    assertThat(originals(run.resolve("ticket-50")))
        .contains("pruned.pth.tar", "checkpoint.pth.tar", "model_best.pth.tar");
  }

  @Test
  void prunesRetrainsAndEvaluatesTheOriginalsFiles() throws IOException {
    Path elsewhere = Files.createDirectories(temp.resolve("theirs"));
    Path ticket =
        Files.copy(search.resolve("EB-50-2.pth.tar"), elsewhere.resolve("EB-50-2.pth.tar"));
    Path pruned = temp.resolve("pruned");
    assertThat(
            earlybird("prune --pth --arch vgg" + DATA + " --save " + pruned + " --model", ticket))
        .isZero();
    assertThat(out).contains("pruned 50%", "difference 0.00", "for PyTorch");
    Path file = pruned.resolve("pruned.pth.tar");
    OriginalCheckpoint narrow = OriginalCheckpoint.read(file);
    assertThat(narrow.cfg()).isPresent();

    Path retrain = temp.resolve("retrain");
    String words = "retrain --pth" + DATA + RECIPE + " --save " + retrain;
    assertThat(earlybird(words + " --start-epoch 1 --scratch", file)).isZero();
    assertThat(out).contains("inherit: begins with epoch 2");
    String retrained = weights();
    assertThat(originals(retrain)).containsExactly("checkpoint.pth.tar", "model_best.pth.tar");

    assertThat(
            earlybird(
                "retrain"
                    + DATA
                    + RECIPE
                    + " --save "
                    + temp.resolve("own")
                    + " --scratch "
                    + pruned.resolve("pruned.safetensors")))
        .isZero();
    assertThat(out).contains("inherit: begins with epoch 2");
    assertThat(weights()).isEqualTo(retrained);

    Path best = retrain.resolve("model_best.pth.tar");
    assertThat(earlybird("evaluate" + DATA + " --resume " + best + " --scratch", file)).isZero();
    assertThat(out).contains("top-1", "top-5", "of 30 pictures");
    assertThat(earlybird("evaluate --depth 8" + DATA + " --model", best)).isZero();
    assertThat(earlybird("evaluate" + DATA + " --resume " + ticket + " --scratch", file))
        .isEqualTo(1);
    assertThat(err).contains("EB-50-2.pth.tar holds vgg8", "pruned.pth.tar holds vgg8");
    assertThat(earlybird("evaluate --arch resnet" + DATA + " --model", best)).isEqualTo(1);
    assertThat(err).contains("--arch resnet: ").contains("holds vgg8");

    // A checkpoint of retraining goes on, and where no epoch is known the first one is taken.
    Path copy = Files.copy(retrain.resolve("checkpoint.pth.tar"), elsewhere.resolve("c.pth.tar"));
    String more = RECIPE.replace("--epochs 3", "--epochs 4");
    Path on = temp.resolve("on");
    assertThat(earlybird("retrain" + DATA + more + " --save " + on + " --resume", copy)).isZero();
    assertThat(out).contains("resume: begins with epoch 4", "4/4");
    Path first = temp.resolve("first");
    assertThat(earlybird("retrain" + DATA + RECIPE + " --save " + first + " --scratch", file))
        .isZero();
    assertThat(out).contains("does not say when its ticket was drawn", "begins with epoch 1");
  }

  @Test
  void rewindsToOtherWeights() {
    Path pruned = temp.resolve("pruned");
    assertThat(
            earlybird(
                "prune --pth"
                    + DATA
                    + " --init "
                    + search.resolve("init.pth.tar")
                    + " --save "
                    + pruned
                    + " --model "
                    + search.resolve("EB-50-2.safetensors")))
        .isZero();
    OriginalCheckpoint narrow = OriginalCheckpoint.read(pruned.resolve("pruned.pth.tar"));
    OriginalCheckpoint dense = OriginalCheckpoint.read(search.resolve("init.pth.tar"));
    float first = dense.state().get("classifier.bias").floats()[0];
    assertThat(narrow.state().get("classifier.bias").floats()[0]).isEqualTo(first);
    assertThat(narrow.state().get("feature.1.running_mean").floats()).containsOnly(0);
  }

  @Test
  void ourFilesStandInForTheOriginalsNames() throws IOException {
    Path folder = Files.createDirectories(temp.resolve("own"));
    Files.copy(search.resolve("EB-50-2.safetensors"), folder.resolve("EB-50-2.safetensors"));
    assertThat(
            earlybird(
                "prune" + DATA + " --save " + temp.resolve("p") + " --model",
                folder.resolve("EB-50-2.pth.tar")))
        .isZero();
    assertThat(earlybird("evaluate" + DATA + " --model", folder.resolve("EB-50-9.pth.tar")))
        .isEqualTo(1);
    assertThat(err).contains("EB-50-9.pth.tar: no such file");
  }
}
