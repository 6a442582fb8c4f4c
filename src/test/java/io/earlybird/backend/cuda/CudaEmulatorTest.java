package io.earlybird.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The whole CUDA backend, presets, graphs and kernels included, on a device emulated on the CPU
 * (native/emulator). It takes a minute, so it runs only with {@code -Dearlybird.emulator=on}.
 */
class CudaEmulatorTest {
  private static Path emulator;

  @TempDir private Path dir;

  @BeforeAll
  static void build() throws Exception {
    assumeThat(System.getProperty("earlybird.emulator", "")).as("asked for").isEqualTo("on");
    Path target =
        Path.of(CudaEmulatorTest.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .getParent();
    String built =
        run(
            target,
            Map.of(),
            List.of("cmake", "--build", "cmake", "--target", "cuda_emulator", "--parallel"));
    emulator = target.resolve("cmake/cuda/emulator");
    assertThat(emulator.resolve("lib/libcudart.so.13")).as(built).exists();
  }

  @ParameterizedTest
  @ValueSource(strings = {"fp32", "bf16"})
  void everyOpAgreesWithTheReferenceAndANetworkTrains(String precision) throws Exception {
    assertThat(judge(Map.of(), precision, "4")).endsWith("passed\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"fp32", "bf16"})
  void convolutionsWithoutChannelsLastAlgorithmsAreTransposed(String precision) throws Exception {
    assertThat(
            judge(
                Map.of("EARLYBIRD_EMULATED_ORDER", "nchw"),
                precision,
                "8",
                "Conv2d",
                "Conv2dBackwardData",
                "Conv2dBackwardWeight"))
        .endsWith("passed\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"fp32", "bf16"})
  void enginesOfTheGraphApiAreTakenAgain(String precision) throws Exception {
    assertThat(
            judge(Map.of(), precision, "4", "Conv2dBackwardWeight", "Conv2dBackwardData", "Conv2d"))
        .contains("cudnn graph 1 2=7")
        .doesNotContain("graph 0", "graph 7")
        .endsWith("passed\n");
  }

  private String judge(Map<String, String> environment, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-Dearlybird.cuda.path=" + emulator.resolve("lib"),
                "-Dorg.bytedeco.javacpp.cachedir=" + dir,
                "-cp",
                emulator.resolve("classes")
                    + File.pathSeparator
                    + System.getProperty("java.class.path"),
                EmulatedCuda.class.getName()));
    command.addAll(List.of(arguments));
    return run(dir, environment, command);
  }

  private static String run(Path folder, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    Path log = Files.createTempFile("earlybird", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(10, TimeUnit.MINUTES)).as("%s ends", command.get(0)).isTrue();
      return Files.readString(log, StandardCharsets.UTF_8);
    } finally {
      process.destroyForcibly();
      Files.delete(log);
    }
  }
}
