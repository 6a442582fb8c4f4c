package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.checkpoint.pth.OriginalFiles;
import io.earlybird.data.PictureFiles;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tickets.ChannelMask;
import io.earlybird.tickets.OriginalResNetPruning;
import io.earlybird.tickets.RandomState;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checkpoints as the original's programs leave them for ImageNet, {@code pruned} and {@code
 * model_best}, evaluate alone or as a pair, with and without {@code module.}.
 */
class PublishedResNetTest {
  private static final int CLASSES = 2;

  @TempDir private Path temp;
  private String data;
  private String out;
  private String err;

  @BeforeEach
  void pictures() throws IOException {
    Path pictures = PictureFiles.folder(temp.resolve("pictures"), 4);
    data = " --backend reference --dataset imagenet --image-size 32 --data " + pictures;
  }

  private int evaluate(String words) {
    StringWriter outText = new StringWriter();
    StringWriter errText = new StringWriter();
    int code =
        Main.run(
            ("evaluate" + data + words).split(" +"),
            new PrintWriter(outText),
            new PrintWriter(errText));
    out = outText.toString();
    err = errText.toString();
    return code;
  }

  /** The lines with accuracy, without the time, and with the weights' digest. */
  private String evaluated(String words) {
    assertThat(evaluate(words)).as(words + ": " + err).isZero();
    assertThat(out).contains("top-1", "top-5", "of 6 pictures");
    return out.lines()
        .filter(l -> l.contains("top-1") || l.contains("SHA-256"))
        .map(l -> l.replaceAll("\\(.* s with.*", ""))
        .toList()
        .toString();
  }

  private static Map<String, HostTensor> parallel(Map<String, HostTensor> state) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    state.forEach((key, tensor) -> out.put("module." + key, tensor));
    return out;
  }

  private String best(String name, Map<String, HostTensor> state) {
    Path file = temp.resolve(name + ".pth.tar");
    OriginalFiles.writeCheckpoint(
        file, 90, state, 69.8, new OriginalFiles.SgdState(Map.of(), 0.001, 0.9, 1e-4));
    return " " + file;
  }

  private String pruned(String name, List<?> cfg, Map<String, HostTensor> state) {
    Path file = temp.resolve(name + ".pth.tar");
    OriginalFiles.writePruned(file, Cfg.of(cfg), state);
    return " " + file;
  }

  private void check(Map<String, HostTensor> state, List<List<Object>> lists, String arch) {
    String best = best("model_best", state);
    String expected = evaluated(" --model" + best);
    for (List<Object> cfg : lists) {
      String named = " --arch " + arch + " --resume" + best;
      String narrow = pruned("pruned" + cfg.size(), cfg, state);
      assertThat(evaluated(named + " --scratch" + narrow)).isEqualTo(expected);
      assertThat(evaluated(" --scratch" + narrow)).isEqualTo(expected);
      String both = pruned("parallel" + cfg.size(), cfg, parallel(state));
      assertThat(evaluated(" --resume" + best("p", parallel(state)) + " --scratch" + both))
          .isEqualTo(expected);
    }
  }

  @Test
  void resNet18With17Or16Widths() {
    Network dense = Network.of(new NetworkSpec("resnet18", 0, null, CLASSES, 224));
    Map<String, HostTensor> state = RandomState.of(dense, 3);
    ChannelMask mask = ChannelMask.of(dense.scales(state), 0.3);
    List<String> norms = dense.batchNorms().stream().map(BatchNorm2d::name).toList();
    List<int[]> alive = IntStream.range(0, norms.size()).mapToObj(mask::keptInLayer).toList();
    List<int[]> counted =
        OriginalResNetPruning.counted(norms).stream()
            .map(n -> alive.get(norms.indexOf(n)))
            .toList();
    List<Object> cfg = OriginalResNetPruning.cfg(counted);
    assertThat(cfg).hasSize(17);
    Map<String, HostTensor> pruned = OriginalResNetPruning.prune(state, norms, alive);
    check(pruned, List.of(cfg, cfg.subList(0, 16)), "resnet18 --depth 18");

    List<Object> wrong = new ArrayList<>(cfg);
    wrong.set(3, 1);
    assertThat(evaluate(" --scratch" + pruned("wrong", wrong, pruned))).isEqualTo(1);
    assertThat(err).hasLineCount(1).contains("wrong.pth.tar: cfg: expected the tensors' widths");
  }

  @Test
  void resNet50With50Or53Widths() {
    List<Object> widths = new ArrayList<>(List.of(9, 11));
    List<Object> perNorm = new ArrayList<>(List.of(9));
    int[] blocks = {3, 4, 6, 3};
    for (int stage = 0; stage < blocks.length; stage++) {
      int stream = 12 + stage;
      for (int b = 0; b < blocks[stage]; b++) {
        widths.addAll(List.of(4 + b, 5, stream));
        // The downsampling norm keeps more than the third one: the larger of the two counts.
        perNorm.addAll(b == 0 ? List.of(4, 5, stream - 2, stream) : List.of(4 + b, 5, 7));
      }
    }
    Network network =
        Network.of(new NetworkSpec("resnet50_prune", 0, Cfg.of(widths), CLASSES, 224));
    assertThat(widths).hasSize(50);
    assertThat(perNorm).hasSize(53);
    check(RandomState.of(network, 4), List.of(widths, perNorm), "resnet50_prune --depth 50");
  }

  @Test
  void tensorsThatDoNotFitAreListed() {
    Network dense = Network.of(new NetworkSpec("resnet18", 0, null, CLASSES, 224));
    Map<String, HostTensor> state = new LinkedHashMap<>(RandomState.of(dense, 3));
    state.put("layer2.0.bn1.bias", HostTensor.of(new float[7], 7));
    state.remove("fc.bias");
    state.put("extra", HostTensor.of(new float[1], 1));
    assertThat(evaluate(" --model" + best("model_best", state))).isEqualTo(1);
    assertThat(err)
        .hasLineCount(1)
        .contains("layer2.0.bn1.bias expected [128] found [7]")
        .contains("missing: fc.bias")
        .contains("unexpected: extra");
  }
}
