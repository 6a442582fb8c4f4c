package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.backend.cpu.CpuLibrary;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the benchmarks print, on the smallest of networks. */
class BenchCommandTest {
  private static final String NET = " --cfg 4,M,6,M,8,M,8,M,8 --threads 1";

  @TempDir Path temp;
  private String out;
  private String err;

  private int bench(String words) {
    StringWriter outText = new StringWriter();
    StringWriter errText = new StringWriter();
    int code =
        Main.run(
            ("bench " + words).trim().split(" +"),
            new PrintWriter(outText),
            new PrintWriter(errText));
    out = outText.toString();
    err = errText.toString();
    return code;
  }

  @Test
  void aStepIsOneObjectAlsoInAFile() throws Exception {
    Path file = temp.resolve("step.json");
    assertThat(bench("step --batch 2 --repeat 2 --json --save " + file + NET)).isZero();
    JsonNode node = new ObjectMapper().readTree(out);
    assertThat(node).isEqualTo(new ObjectMapper().readTree(file.toFile()));
    for (String key :
        new String[] {
          "median_ms",
          "min_ms",
          "max_ms",
          "images_per_s",
          "gflop_per_s",
          "peak_share",
          "peak_memory_bytes",
          "memory_formula_bytes",
          "resident_growth_bytes"
        }) {
      assertThat(node.path(key).asDouble()).as(key).isPositive();
    }
  }

  @Test
  void aProfileListsKernels() {
    assertThat(bench("step --batch 2 --repeat 1 --profile" + NET)).isZero();
    assertThat(out).contains("Conv2dBackwardWeight", "MultiSgdUpdate", "memory of a step");
  }

  @Test
  void aPrecisionThatIsNotThereIsSaid() {
    assertThat(bench("step --precision fp16" + NET)).isEqualTo(1);
    assertThat(err).contains("unknown precision 'fp16'", "fp32", "bfp8");
    assertThat(bench("step --precision tf32 --backend cpu" + NET)).isEqualTo(1);
    assertThat(err).contains("tf32", "GPU");
  }

  @Test
  void bf16IsMeasuredWhereTheProcessorHasItAndElsewhereFp32() {
    assertThat(bench("step --batch 1 --repeat 1 --warmup 0 --backend cpu --precision bf16" + NET))
        .isZero();
    boolean has = CpuLibrary.processorHasBf16();
    assertThat(out).contains(has ? ", bf16: median" : ", fp32: median");
    assertThat(err).contains(has ? "" : CpuBackend.NO_BF16);
  }

  @Test
  void kernelsHaveRates() throws Exception {
    assertThat(bench("kernels --op relu,max_pool2d --batch 1 --seconds 0 --threads 1")).isZero();
    assertThat(out).contains("Relu f32[1,32,32,64]", "MaxPool2d", "share:");
    assertThat(bench("kernels --op relu --batch 1 --seconds 0 --json --threads 1")).isZero();
    JsonNode kernels = new ObjectMapper().readTree(out).path("kernels");
    assertThat(kernels).hasSize(1);
    assertThat(kernels.get(0).path("gb_per_s").asDouble()).isPositive();
    assertThat(bench("kernels --convolutions --op conv2d --batch 1 --seconds 0")).isZero();
    assertThat(out).containsPattern("geometric mean of \\d+: [0-9.]+ GFLOP/s \\(forward [0-9.]+, ");
    assertThat(bench("kernels --op nonsense")).isEqualTo(1);
    assertThat(err).contains("nonsense", "Conv2d");
  }

  @Test
  void aPluginIsTimedBesideOurs() throws Exception {
    Path library = KernelLibrary.build(temp, Files.readString(KernelLibrary.EXAMPLE));
    String words = "kernels --op relu,add --batch 1 --seconds 0 --threads 1 --plugin " + library;
    assertThat(bench(words)).isZero();
    assertThat(out)
        .contains(library + " exports eb_relu_f32; other kernels are ours in both columns")
        .contains("plugin us", "ratio")
        .containsPattern("Relu f32.* [0-9.]+x  ");
    assertThat(bench(words + " --json")).isZero();
    for (JsonNode kernel : new ObjectMapper().readTree(out).path("kernels")) {
      assertThat(kernel.path("plugin_seconds").asDouble()).isPositive();
    }
    assertThat(bench(words + " --backend reference")).isEqualTo(1);
    assertThat(err).contains("--plugin replaces kernels of the cpu backend, not of reference");
  }

  @Test
  void pruningHasALinePerTicketAndBatch() throws Exception {
    Path ticket = temp.resolve("half.cfg");
    Files.writeString(ticket, "# a ticket\n4,M\n7,M,5,9,M,3,7,M,5,5\n");
    String words = "pruning --batches 1,2 --repeat 1 --arch vgg --depth 11 --threads 1 --json ";
    assertThat(bench(words + ticket)).as(err).isZero();
    JsonNode lines = new ObjectMapper().readTree(out).path("lines");
    assertThat(lines).hasSize(2);
    assertThat(lines.get(1).path("batch").asInt()).isEqualTo(2);
    assertThat(lines.get(0).path("flop_ratio").asDouble()).isBetween(0.0001, 0.01);
    assertThat(lines.get(0).path("allowed_ratio").asDouble()).isBetween(0.0001, 0.5);
    assertThat(lines.get(0).path("time_ratio").asDouble()).isPositive();
    Files.writeString(ticket, "5,7,9,13,3,11,43,5,7,101\n"); // of a stream, any channels
    assertThat(
            bench("pruning --batches 1 --repeat 1 --arch resnet --depth 11 --threads 1 " + ticket))
        .as(err)
        .isZero();
    assertThat(bench("pruning " + temp.resolve("none.cfg"))).isEqualTo(1);
    assertThat(err).contains("none.cfg");
  }

  @Test
  void scalingHasALinePerBatchWidthAndThreadCount() throws Exception {
    String words = "scaling --batches 1,2 --widths 0.5,1 --batch 2 --repeat 1 --json";
    assertThat(bench(words + NET)).isZero();
    assertThat(new ObjectMapper().readTree(out).path("lines")).hasSize(3);
  }

  @Test
  void allNumberFormatsStandInOneTable() throws Exception {
    assertThat(bench("precision --batch 2 --repeat 1" + NET)).isZero();
    assertThat(out).contains("fp32", "bfp8 original", "bfp8 full", "x fp32");
    assertThat(bench("precision --batch 2 --repeat 1 --json --threads 1" + NET)).isZero();
    JsonNode lines = new ObjectMapper().readTree(out).path("precisions");
    assertThat(lines).hasSize(CpuLibrary.processorHasBf16() ? 4 : 3);
    assertThat(lines).allSatisfy(l -> assertThat(l.path("median_ms").asDouble()).isPositive());
  }

  @Test
  void anUnknownPeerOrNoneIsSaid() {
    assertThat(bench("--peer nonsense")).isEqualTo(1);
    assertThat(err).contains("expected libtorch");
    assertThat(bench("")).isEqualTo(2);
    assertThat(err).contains("say what to measure", "--peer libtorch");
  }
}
