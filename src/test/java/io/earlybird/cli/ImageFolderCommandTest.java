package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.data.PictureFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands on folders of pictures. */
class ImageFolderCommandTest {
  private static final String NET = " --cfg 4,M,6,M,8,M,8,M,8";
  private static final String RECIPE = " --schedule 2 --batch-size 4 --test-batch-size 3 --lr 0.05";

  @TempDir Path temp;
  private Path pictures;
  private String out;
  private String err;

  @BeforeEach
  void write() throws IOException {
    pictures = PictureFiles.folder(temp.resolve("pictures"), 5);
  }

  private int earlybird(String words) {
    StringWriter outText = new StringWriter();
    StringWriter errText = new StringWriter();
    String data = " --backend reference --dataset imagenet --image-size 32 --data " + pictures;
    int code =
        Main.run(
            (words + data).trim().split(" +"), new PrintWriter(outText), new PrintWriter(errText));
    out = outText.toString();
    err = errText.toString();
    return code;
  }

  private int search(String name, String more) {
    return earlybird("search" + NET + RECIPE + more + " --save " + temp.resolve(name));
  }

  private String weights() {
    return out.lines().filter(l -> l.contains("SHA-256")).findFirst().orElseThrow();
  }

  private List<JsonNode> epochs(String name) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(temp.resolve(name).resolve("metrics.jsonl"))) {
      JsonNode node = new ObjectMapper().readTree(line);
      if (node.path("event").asText().equals("epoch")) {
        rows.add(node);
      }
    }
    return rows;
  }

  @Test
  void aSearchTellsHowLongItWaitedAndDoesNotDependOnThreadsOrAStop() throws IOException {
    assertThat(search("a", " --epochs 2 --workers 1")).as(err).isZero();
    assertThat(out).contains("waited");
    String expected = weights();
    assertThat(epochs("a")).hasSize(2);
    for (JsonNode row : epochs("a")) {
      assertThat(row.path("wait_share").asDouble(-1)).isBetween(0.0, 1.0);
      assertThat(row.path("skipped_images").asInt(-1)).isZero();
    }
    assertThat(search("b", " --epochs 1 --workers 3")).isZero();
    assertThat(earlybird("search --epochs 2 --resume " + temp.resolve("b"))).as(err).isZero();
    assertThat(weights()).isEqualTo(expected);
  }

  @Test
  void damagedPicturesEndARunOrArePassedOver() throws IOException {
    PictureFiles.truncate(pictures.resolve("train/bee/picture1.jpg"), 0.95);
    Files.writeString(pictures.resolve("val/ant/picture0.jpg"), "no picture");
    assertThat(search("a", " --epochs 1")).isEqualTo(1);
    assertThat(err.lines()).hasSize(1);
    assertThat(err).contains("picture1.jpg", "truncated", "--skip-corrupt");
    assertThat(temp.resolve("a")).doesNotExist();

    assertThat(search("b", " --epochs 1 --skip-corrupt")).as(err).isZero();
    assertThat(out).contains("skipped 2");
    assertThat(epochs("b").get(0).path("skipped_images").asInt()).isEqualTo(2);

    String model = " --model " + temp.resolve("b").resolve("checkpoint.safetensors");
    assertThat(earlybird("evaluate" + model)).isEqualTo(1);
    assertThat(err).contains("picture0.jpg", "neither a JPEG nor a PNG");
    assertThat(earlybird("evaluate --skip-corrupt" + model)).isZero();
    assertThat(out).contains("of 7 pictures (1 damaged ones left out)");
  }

  private void refuses(String reason) {
    assertThat(search("refused", " --epochs 1")).isEqualTo(1);
    assertThat(err.lines()).hasSize(1);
    assertThat(err).startsWith("earlybird: ").contains(reason);
    assertThat(temp.resolve("refused")).doesNotExist();
  }

  @Test
  void foldersThatCannotBeUsedAreRefused() throws IOException {
    Files.createDirectories(pictures.resolve("val/wasp"));
    refuses("different classes: only val has wasp");
    Files.createDirectories(pictures.resolve("train/wasp"));
    refuses("train/wasp: the class has no pictures");

    pictures = Files.createDirectories(temp.resolve("other"));
    refuses("there is no folder 'train'");
    Files.createDirectories(pictures.resolve("train"));
    Files.createDirectories(pictures.resolve("val"));
    refuses("train: no class");
    Files.createDirectories(pictures.resolve("train/ant"));
    refuses("train: only one class, ant");
  }

  @Test
  void tinyAndHugePicturesAreRefused() throws IOException {
    Path file = pictures.resolve("val/bee/picture0.jpg");
    Files.write(file, PictureFiles.bytes(PictureFiles.picture(1, 1, 0), "png"));
    refuses("picture0.jpg: a picture of 1 x 1 pixels");
    Files.write(file, PictureFiles.bytes(PictureFiles.picture(30_000, 3, 0), "jpg"));
    refuses("picture0.jpg: a picture of 30000 x 3 pixels");
  }

  @Test
  void filtersAreForSetsInMemoryAndAreRecorded() throws IOException {
    assertThat(search("a", " --epochs 1 --filter lowpass")).as(err).isEqualTo(1);
    assertThat(err).contains("--filter", "imagenet");
    StringWriter shown = new StringWriter();
    Path run = temp.resolve("filtered");
    String words =
        "search --backend reference --dataset shapes --train-images 20 --test-images 10 --epochs 1"
            + NET
            + RECIPE
            + " --filter highpass --sigma 2 --sparsity_gt 0.25 --save "
            + run;
    assertThat(
            Main.run(
                words.split(" +"), new PrintWriter(shown), new PrintWriter(new StringWriter())))
        .isZero();
    JsonNode data = new ObjectMapper().readTree(run.resolve("config.json").toFile()).path("data");
    assertThat(data.path("filter").asText()).isEqualTo("highpass");
    assertThat(data.path("sigma").asDouble()).isEqualTo(2);
    assertThat(data.path("sparsity_gt").asDouble()).isEqualTo(0.25);
  }
}
