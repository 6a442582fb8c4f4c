package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.data.PictureFiles;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What stops the original's pruning programs at once works here or is one clear line. */
class OriginalCrashesGoldenTest {
  private static final String WIDTHS = "4,4,3,3,5,3,3,5,3,3,5,4,4,6,4,4,6,4,4,6,4,4,6,";
  private static final String NET =
      " --arch resnet50_prune --cfg "
          + WIDTHS
          + "4,4,7,4,4,7,4,4,7,4,4,7,4,4,7,4,4,7,4,4,8,4,4,8,4,4,8";

  @TempDir Path temp;
  private String err;

  @TestFactory
  Stream<DynamicTest> crashes() {
    return GoldenRegistry.tests(getClass(), "prune/crashes", this::check);
  }

  private void check(GoldenCase c) throws IOException {
    assertThat(c.meta().size()).isPositive();
    for (var crash : c.meta().properties()) {
      switch (crash.getKey()) {
        case "resprune_50_unmodified" -> resNet50IsPruned();
        case "vggprune_imagenet_no_model" -> withoutModelNothingIsPruned();
        default -> throw new AssertionError("no test of " + crash);
      }
    }
  }

  private void resNet50IsPruned() throws IOException {
    String data =
        " --backend reference --dataset imagenet --image-size 32 --data "
            + PictureFiles.folder(temp.resolve("pictures"), 4);
    Path run = temp.resolve("run");
    String recipe = " --epochs 1 --batch-size 4 --test-batch-size 3 --pth --keep all --save " + run;
    assertThat(earlybird("search" + NET + data + recipe)).as(err).isZero();
    Path pruned = temp.resolve("pruned");
    String model = " --percent 0.5 --model " + run.resolve("ckpt0.pth.tar");
    String network = " --arch resnet50_prune --depth 50 --pth --save " + pruned;
    assertThat(earlybird("prune" + model + network + data)).as(err).isZero();
    assertThat(pruned.resolve("pruned.pth.tar")).isNotEmptyFile();
  }

  private void withoutModelNothingIsPruned() {
    Path save = temp.resolve("nothing");
    assertThat(earlybird("prune --dataset imagenet --save " + save)).isEqualTo(2);
    assertThat(err.lines().findFirst())
        .hasValueSatisfying(line -> assertThat(line).contains("--model"));
    assertThat(save).doesNotExist();
  }

  private int earlybird(String words) {
    StringWriter text = new StringWriter();
    int code =
        Main.run(words.split(" +"), new PrintWriter(new StringWriter()), new PrintWriter(text));
    err = text.toString();
    return code;
  }
}
