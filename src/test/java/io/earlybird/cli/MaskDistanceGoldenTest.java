package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.checkpoint.Npy;
import io.earlybird.checkpoint.pth.OriginalFiles;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import io.earlybird.tensor.HostTensor;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** {@code mask-distance} and {@code detect} on recorded searches in the original's files. */
class MaskDistanceGoldenTest {
  @TempDir Path temp;
  private String out;
  private String err;

  @BeforeEach
  void clear() {
    out = "";
    err = "";
  }

  private int earlybird(Object... words) {
    StringWriter outText = new StringWriter();
    StringWriter errText = new StringWriter();
    int code =
        Main.run(
            Arrays.stream(words).map(Object::toString).toArray(String[]::new),
            new PrintWriter(outText),
            new PrintWriter(errText));
    out = outText.toString();
    err = errText.toString();
    return code;
  }

  private static List<GoldenCase> searches() {
    return GoldenRegistry.cases("earlybird").stream()
        .filter(c -> c.has("p0.3.overlap.npy"))
        .toList();
  }

  @TestFactory
  Stream<DynamicTest> matricesAreTheRecordedOnes() {
    return searches().stream().map(c -> DynamicTest.dynamicTest(c.toString(), () -> matrices(c)));
  }

  private void matrices(GoldenCase c) {
    Path folder = checkpoints(c, true);
    int n = c.meta().required("epochs").asInt();
    assertThat(earlybird("mask-distance", folder, "--ratios", "0.3,0.5,0.7")).as(err).isZero();
    for (String p : List.of("0.3", "0.5", "0.7")) {
      Npy overlap = Npy.read(folder.resolve("overlap_" + p + ".npy"));
      double[] recorded = c.npy("p" + p + ".overlap.npy").doubles();
      assertThat(overlap.shape()).containsExactly(n, n);
      assertThat(overlap.doubles()).containsExactly(recorded, within(1e-12));
      var drawn = c.meta().get("percents").get(p).required("first_true_epoch_index");
      String said = drawn.isNull() ? "not drawn" : "start of epoch " + (drawn.asInt() + 1);
      assertThat(out.lines().filter(l -> l.contains("p = " + p)).findFirst().orElseThrow())
          .contains(said);
    }
    assertThat(folder.resolve("mask-distance.png")).isNotEmptyFile();
    assertThat(folder.resolve("mask-distance.svg")).content().contains("p = 0.7", "epoch");

    Path part = temp.resolve("part-" + c.name().replace('/', '-'));
    assertThat(
            earlybird(
                "mask-distance", folder, "--save", part, "--start_epoch", 3, "--end_epoch", 6))
        .isZero();
    Npy some = Npy.read(part.resolve("overlap_0.3.npy"));
    double[] whole = c.npy("p0.3.overlap.npy").doubles();
    assertThat(some.shape()).containsExactly(4, 4);
    for (int i = 0; i < 16; i++) {
      assertThat(some.doubles()[i]).isCloseTo(whole[(3 + i / 4) * n + 3 + i % 4], within(1e-12));
    }
  }

  @TestFactory
  Stream<DynamicTest> replayedDetectionDrawsWhereTheOriginalDid() {
    return searches().stream()
        .map(
            c ->
                DynamicTest.dynamicTest(
                    c.toString(),
                    () -> {
                      Path folder = checkpoints(c, true);
                      assertThat(
                              earlybird("detect", folder, "--limit", "0.2,0.1,1", "--save", folder))
                          .as(err)
                          .isZero();
                      List<String> lines = out.lines().toList();
                      assertThat(lines.get(1).trim().split(" {2,}"))
                          .containsExactly("limit", "p = 0.3", "p = 0.5", "p = 0.7");
                      String[] found = lines.get(2).trim().split(" +");
                      assertThat(found[0]).isEqualTo("0.1");
                      int column = 1;
                      for (String p : List.of("0.3", "0.5", "0.7")) {
                        var drawn =
                            c.meta().get("percents").get(p).required("first_true_epoch_index");
                        assertThat(found[column++])
                            .isEqualTo(drawn.isNull() ? "-" : "" + (drawn.asInt() + 1));
                      }
                      // Whatever the masks, a limit of 1 draws with the first full queue.
                      assertThat(lines.get(4).trim().split(" +"))
                          .containsExactly("1.0", "5", "5", "5");
                      assertThat(folder.resolve("detect.svg")).content().contains("p = 0.5");
                    }));
  }

  @Test
  void severalSearchesStandSideBySide() {
    GoldenCase c = searches().get(0);
    Path with = checkpoints(c, true);
    Path without = checkpoints(c, false);
    Path save = temp.resolve("both");
    assertThat(
            earlybird(
                "mask-distance",
                with,
                without,
                "--save",
                save,
                "--ratios",
                "0.5",
                "--show",
                "overlap"))
        .as(err)
        .isZero();
    assertThat(save.resolve(with.getFileName() + "/overlap_0.5.npy")).isNotEmptyFile();
    assertThat(save.resolve(without.getFileName() + "/overlap_0.5.npy")).isNotEmptyFile();
    assertThat(save.resolve("mask-distance.svg"))
        .content()
        .contains(with.getFileName() + ", p = 0.5", without.getFileName() + ", p = 0.5");
    assertThat(earlybird("mask-distance", with, without)).isEqualTo(1);
    assertThat(err).contains("--save");
  }

  @Test
  void whatIsMissingIsSaidInOneLine() {
    GoldenCase c = searches().get(0);
    Path without = checkpoints(c, false);
    assertThat(earlybird("mask-distance", without, "--start-epoch", 0)).isEqualTo(1);
    assertThat(err).contains("within 1 to").hasLineCount(1);
    assertThat(earlybird("mask-distance", without, "--end-epoch", 500)).isEqualTo(1);
    assertThat(earlybird("mask-distance", without, "--ratios", "1")).isEqualTo(1);
    assertThat(err).hasLineCount(1);
    assertThat(earlybird("detect", temp.resolve("nowhere"))).isEqualTo(1);
    assertThat(err).contains("nowhere", "ckpt0.pth.tar").hasLineCount(1);
    assertThat(earlybird("detect", without, "--limit", "2")).isEqualTo(1);
    assertThat(err).hasLineCount(1);
    assertThat(without.resolve("overlap_0.3.npy")).doesNotExist();
  }

  /** The scales as the original's files: {@code init} holds row 0, {@code ckptN} row N + 1. */
  private Path checkpoints(GoldenCase c, boolean withInit) {
    Path folder = temp.resolve(c.name().replace('/', '-') + (withInit ? "" : "-without"));
    folder.toFile().mkdirs();
    Npy scales = c.npy("gammas.npy");
    int channels = scales.shape()[1];
    for (int row = withInit ? 0 : 1; row < scales.shape()[0]; row++) {
      int at = row * channels;
      Map<String, HostTensor> state = new LinkedHashMap<>();
      for (int layer = 0; layer < c.meta().required("layer_sizes").size(); layer++) {
        int size = c.meta().get("layer_sizes").get(layer).asInt();
        float[] values = Arrays.copyOfRange(scales.floats(), at, at + size);
        at += size;
        state.put("bn" + layer + ".weight", HostTensor.of(values, size));
        state.put("bn" + layer + ".bias", HostTensor.of(new float[size], size));
        state.put("bn" + layer + ".running_mean", HostTensor.of(new float[size], size));
      }
      state.put("classifier.weight", HostTensor.of(new float[] {1, 2}, 2));
      String name = row == 0 ? OriginalFiles.INIT : OriginalFiles.checkpoint(row - 1);
      OriginalFiles.writeInit(folder.resolve(name), state);
    }
    return folder;
  }
}
