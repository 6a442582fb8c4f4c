package io.earlybird.backend.opencl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormReluBackwardAdd;
import io.earlybird.tensor.op.BatchNormReluConv2d;
import io.earlybird.tensor.op.BatchNormReluConv2dBackward;
import io.earlybird.tensor.op.BatchNormReluConv2dBackwardWeight;
import io.earlybird.tensor.op.BatchNormStatistics;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.MultiQuantizedSgdUpdate;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.ViewOp;
import io.earlybird.verify.Verifier;
import io.earlybird.verify.VerifyOptions;
import io.earlybird.verify.VerifyReport;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jocl.CL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenClBackendTest {
  private static final String NO_DEVICE = "no OpenCL device";

  @TempDir private Path dir;

  private static OpenClBackend open() {
    assumeThat(OpenClBackend.probe().reason()).as(NO_DEVICE).isEmpty();
    return OpenClBackend.open();
  }

  /** As a GPU is used: groups of 256 work-items and tiles in local memory. */
  private static OpenClBackend openAsGpu() {
    assumeThat(OpenClBackend.probe().reason()).as(NO_DEVICE).isEmpty();
    return new OpenClBackend(OpenClBackend.device(0), Spread.GPU, Map.of());
  }

  @Test
  void everyOpWithAKernelHasAFactory() {
    Set<Class<?>> wanted = new HashSet<>();
    collect(Op.class, wanted);
    assertThat(
            wanted.removeAll(
                Set.of(
                    Conv2dEpilogue.class,
                    BatchNormReluBackwardAdd.class,
                    BatchNormStatistics.class,
                    BatchNormReluConv2d.class,
                    BatchNormReluConv2dBackward.class,
                    BatchNormReluConv2dBackwardWeight.class,
                    MultiQuantizedSgdUpdate.class)))
        .as("run as their parts")
        .isTrue();
    assertThat(OpenClKernels.all().keySet()).isEqualTo(wanted);
  }

  private static void collect(Class<?> type, Set<Class<?>> ops) {
    if (type.getSimpleName().equals("LeafOp") || type == ViewOp.class) {
      return;
    }
    if (type.isSealed()) {
      for (Class<?> permitted : type.getPermittedSubclasses()) {
        collect(permitted, ops);
      }
    } else {
      ops.add(type);
    }
  }

  @Test
  void everyOpAgreesWithTheReference() {
    try (OpenClBackend backend = open()) {
      agrees(backend);
    }
  }

  /** As for large tensors: results go past the caches. */
  @Test
  void everyOpAgreesWithTheReferenceWhereResultsStream() {
    assumeThat(OpenClBackend.probe().reason()).as(NO_DEVICE).isEmpty();
    OpenClDevice device = OpenClBackend.device(0);
    try (OpenClBackend backend =
        new OpenClBackend(device, Spread.PROCESSOR.withStreamBytes(0), Map.of())) {
      agrees(backend);
    }
  }

  @Test
  void everyOpAgreesWithTheReferenceTheWayGpusComputeIt() {
    try (OpenClBackend backend = openAsGpu()) {
      agrees(backend);
    }
  }

  private static void agrees(OpenClBackend backend) {
    VerifyReport report = new Verifier(List.of(backend), VerifyOptions.quick()).run(row -> {});
    assertThat(report.ok()).as(report.verdict() + report.rows()).isTrue();
    assertThat(backend.liveBytes()).isZero();
  }

  @Test
  void theSelfCheckPasses() {
    open().close();
    assertThat(OpenClSelfCheck.passes(OpenClBackend.device(0))).isTrue();
    assertThat(OpenClSelfCheck.passes(device(1L << 30, 4 << 10, 63, 63))).isFalse();
  }

  @Test
  void autoNeverTakesAProcessorThroughOpenCl() {
    assertThat(OpenClSelfCheck.gpu())
        .satisfiesAnyOf(
            gpu -> assertThat(gpu).isEmpty(),
            gpu -> assertThat(gpu.orElseThrow().type()).isEqualTo(OpenClDevice.Type.GPU));
  }

  @Test
  void valuesGoInAndOut() {
    try (OpenClBackend backend = open();
        Memory memory = backend.allocate(1 << 20, "a test")) {
      HostTensor value = HostTensor.zeros(TensorSpec.f32(3, 5));
      value.buffer().putFloat(56, 2.5f);
      Slice slice = new Slice(memory, 256, 60);
      assertThat(backend.read(slice, value.spec())).isEqualTo(HostTensor.zeros(value.spec()));
      backend.write(slice, value);
      assertThat(backend.read(slice, value.spec())).isEqualTo(value);
    }
  }

  @Test
  void moreThanTheDeviceHasIsRefusedWithSizePurposeAndDevice() {
    try (OpenClBackend backend = open()) {
      assertThatThrownBy(() -> backend.allocate(1L << 50, "the training plan"))
          .isInstanceOf(EarlybirdException.class)
          .hasMessageMatching(
              "needs 1048576\\.00 GiB of device memory for the training plan, device 0 \\(.*, driver"
                  + " .*\\) gives at most .* GiB; try a smaller batch");
      assertThat(backend.liveBytes()).isZero();
    }
  }

  @Test
  void aDeviceThatDoesNotExistIsNamed() {
    open().close();
    assertThatThrownBy(() -> OpenClBackend.device(99))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("there is no device 99; devices here: 0 to ");
  }

  @Test
  void aMissingLoaderIsOneLine() {
    assertThatThrownBy(() -> OpenClLibrary.open("libNoSuchOpenCL.so.1"))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith("opencl: no OpenCL loader (libNoSuchOpenCL.so.1); ")
        .hasMessageNotContaining("\n");
  }

  @Test
  void withoutAPlatformItSaysWhatToInstall() throws Exception {
    open().close();
    Path log = dir.resolve("log");
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "io.earlybird.cli.Main",
                "verify",
                "--quick",
                "--backend",
                "opencl")
            .directory(new File(dir.toString()))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("OCL_ICD_VENDORS", dir.toString());
    Process process = builder.start();
    try {
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
      assertThat(Files.readString(log, StandardCharsets.UTF_8))
          .isEqualTo(
              "earlybird: opencl: no platform is registered with the loader; install the GPU"
                  + " vendor's OpenCL driver or, for the processor, pocl-opencl-icd\n");
      assertThat(process.exitValue()).isEqualTo(1);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void devicesThatLackSomethingSayWhat() {
    assertThat(device(64L << 20, 32 << 10, 63, 63).usable().reason())
        .isEqualTo(
            "opencl: device 3 (Card, driver 1.2) cannot be used: it has 64 MiB of memory, 256 are"
                + " needed");
    assertThat(device(1L << 30, 4 << 10, 63, 63).usable().reason())
        .endsWith("it has 4 KiB of local memory, 16 are needed");
    assertThat(device(1L << 30, 32 << 10, 63, 0).usable().reason())
        .endsWith("it has no double precision (cl_khr_fp64)");
    assertThat(device(1L << 30, 32 << 10, 6, 63).usable().reason())
        .endsWith("its fp32 has no subnormal numbers, infinities or rounding to nearest");
    assertThat(device(1L << 30, 32 << 10, 63, 63).usable().ok()).isTrue();
  }

  private static OpenClDevice device(long memory, long local, long floats, long doubles) {
    return new OpenClDevice(
        3,
        null,
        null,
        "Platform",
        "Card",
        "1.2",
        "OpenCL 1.2",
        OpenClDevice.Type.GPU,
        8,
        memory,
        memory / 4,
        local,
        256,
        floats,
        doubles,
        true);
  }

  @Test
  void aBinaryThatTheDriverRefusesIsCompiledAgain() throws Exception {
    String folder = System.getProperty("earlybird.cache");
    System.setProperty("earlybird.cache", dir.toString());
    try (OpenClBackend backend = open()) {
      String source = "kernel void nothing(global int* x) { x[0] = 1; }";
      CL.clReleaseProgram(backend.programs().build("nothing", source, ""));
      Path binary;
      try (Stream<Path> files = Files.list(dir)) {
        binary = files.collect(onlyElement());
      }
      byte[] good = Files.readAllBytes(binary);
      Files.writeString(binary, "broken");
      CL.clReleaseProgram(backend.programs().build("nothing", source, ""));
      assertThat(Files.size(binary)).isEqualTo(good.length);
    } finally {
      if (folder == null) {
        System.clearProperty("earlybird.cache");
      } else {
        System.setProperty("earlybird.cache", folder);
      }
    }
  }

  private static <T> Collector<T, ?, T> onlyElement() {
    return Collectors.collectingAndThen(
        Collectors.toList(),
        list -> {
          assertThat(list).hasSize(1);
          return list.get(0);
        });
  }

  @Test
  void aKernelThatDoesNotBuildShowsTheFirstErrorWithDeviceAndDriver() {
    try (OpenClBackend backend = open()) {
      assertThatThrownBy(
              () -> backend.programs().build("broken", "kernel void f() { nothing; }", ""))
          .isInstanceOf(EarlybirdException.class)
          .hasMessageMatching(
              "opencl: broken\\.cl does not build on device 0 \\(.*, driver .*\\): error: .*nothing.*")
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void theFirstErrorOfALogIsFound() {
    assertThat(OpenClPrograms.firstError("\nwarning: w\n  a.cl:3:1: error: no\nerror: more\n"))
        .isEqualTo("a.cl:3:1: error: no");
    assertThat(OpenClPrograms.firstError("\nbad\n")).isEqualTo("bad");
    assertThat(OpenClPrograms.firstError("")).isEqualTo("the compiler gives no reason");
  }
}
