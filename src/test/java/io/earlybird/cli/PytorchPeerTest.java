package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench --peer pytorch} with programs that obey like PyTorch's and are made up. */
class PytorchPeerTest {
  private static final String PROGRAM =
      """
      echo "compiling $*"
      echo '{"torch":"9.9","device":"made up","matmul_peak_tflops":%s}'
      while read -r order n; do
        case $order in
          run) echo '{"ms": %s}' ;;
          quit) exit 0 ;;
        esac
      done
      """;

  @TempDir Path temp;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void programs() throws Exception {
    Files.writeString(temp.resolve("best.py"), String.format(PROGRAM, "2.5", "125000"));
    Files.writeString(temp.resolve("original.py"), String.format(PROGRAM, "1.5", "250000"));
  }

  private int run(String... words) {
    List<String> all = new ArrayList<>(List.of("bench", "--peer", "pytorch", "--python", "sh"));
    all.addAll(List.of("--peer-dir", temp.toString(), "--backend", "cpu", "--batch", "1"));
    all.addAll(List.of("--networks", "vgg16", "--steps", "1", "--repeat", "2"));
    all.addAll(List.of(words));
    return Main.run(all.toArray(String[]::new), new PrintWriter(out), new PrintWriter(err));
  }

  @Test
  void programsTakeTurnsWithUs() throws Exception {
    Path file = temp.resolve("result.json");
    assertThat(run("--save", file.toString())).as(err + "").isZero();
    JsonNode network = new ObjectMapper().readTree(file.toFile()).path("networks").path(0);
    assertThat(network.path("fastest").asText()).isEqualTo("graph");
    assertThat(network.path("matmul_peak_tflops").asDouble()).isEqualTo(2.5);
    JsonNode sides = network.path("sides");
    assertThat(sides.fieldNames())
        .toIterable()
        .containsExactly("earlybird", "graph", "eager", "original");
    double ours = sides.path("earlybird").path("median_ms").asDouble();
    assertThat(ours).isBetween(0.1, 60_000.0);
    assertThat(sides.path("graph").path("ms")).hasSize(2);
    assertThat(sides.path("graph").path("median_ms").asDouble()).isEqualTo(125000);
    assertThat(network.path("ratio").asDouble()).isEqualTo(125000 / ours);
    assertThat(sides.path("original").path("ratio").asDouble()).isEqualTo(250000 / ours);
    // Three times the forward FLOPs of one picture in 125 s.
    assertThat(sides.path("graph").path("tflops").asDouble())
        .isEqualTo(3 * 627_355_658 * 1e-9 / 125000);
    assertThat(out.toString())
        .contains("times as fast as original (PyTorch 9.9, made up)")
        .contains("the fastest of the best programs, which counts: graph");
  }

  @Test
  void aProgramThatEndsTellsWhy() throws Exception {
    Files.writeString(temp.resolve("best.py"), "echo 'no CUDA device (PyTorch 9.9)' >&2; exit 1");
    assertThat(run()).isOne();
    assertThat(err.toString())
        .contains("PyTorch's program (graph) ended early: no CUDA device (PyTorch 9.9)");
  }

  @Test
  void badInputIsOneLine() {
    assertThat(run("--variants", "fastest")).isOne();
    assertThat(run("--networks", "vgg11")).isOne();
    assertThat(run("--steps", "0")).isOne();
    assertThat(run("--peer-dir", temp.resolve("none").toString())).isOne();
    assertThat(run("--python", temp.resolve("none").toString())).isOne();
    assertThat(err.toString().lines())
        .hasSize(5)
        .anyMatch(l -> l.contains("unknown variant 'fastest': expected compile-max"))
        .anyMatch(l -> l.contains("know vgg16 and resnet101, not 'vgg11'"))
        .anyMatch(l -> l.contains("--steps must be at least 1"))
        .anyMatch(l -> l.contains("there are no PyTorch programs"))
        .anyMatch(l -> l.contains("PyTorch cannot be started"));
  }
}
