package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Program;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Reshape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuBackendTest {
  private static final TensorSpec SPEC = TensorSpec.f32(3, 5);

  @Test
  void memoryIsZeroedAlignedAndCounted() {
    try (CpuBackend backend = new CpuBackend(2)) {
      for (long bytes : new long[] {0, 1, 4096, 5_000_001}) {
        try (Memory memory = backend.allocate(bytes, "a test")) {
          assertThat(backend.liveBytes()).isEqualTo(bytes);
          assertThat(memory.bytes()).isEqualTo(bytes);
          Slice all = new Slice(memory, 0, bytes);
          assertThat(CpuMemory.pointer(all).address() % Backend.ALIGNMENT).isZero();
          byte[] data = new byte[(int) bytes];
          CpuMemory.bytes(all).get(data);
          assertThat(data).isEqualTo(new byte[data.length]);
        }
        assertThat(backend.liveBytes()).isZero();
      }
    }
  }

  @Test
  void closingMemoryTwiceDoesNothingAndClosedMemoryIsRefused() {
    try (CpuBackend backend = new CpuBackend(1)) {
      Memory memory = backend.allocate(100, "a test");
      memory.close();
      memory.close();
      assertThat(backend.liveBytes()).isZero();
      assertThatThrownBy(() -> CpuMemory.pointer(new Slice(memory, 0, 100)))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void closingABackendFreesItsMemory() {
    CpuBackend backend = new CpuBackend(1);
    backend.allocate(3_000_000, "a test");
    backend.allocate(100, "a test").close();
    backend.close();
    assertThat(backend.liveBytes()).isZero();
  }

  @Test
  void moreThanTheMachineHasIsRefusedWithSizeAndPurpose() {
    try (CpuBackend backend = new CpuBackend(1)) {
      assertThatThrownBy(() -> backend.allocate(1L << 50, "the training plan"))
          .isInstanceOf(EarlybirdException.class)
          .hasMessageMatching(
              "needs 1048576\\.00 GiB for the training plan, .* GiB free; try a smaller batch");
      assertThat(backend.liveBytes()).isZero();
    }
  }

  @Test
  void freeMemoryIsTheSmallestOfMachineAndGroups(@TempDir Path dir) throws IOException {
    Path proc = Files.createDirectories(dir.resolve("proc/self")).getParent();
    Path groups = dir.resolve("cgroup");
    Path inner = Files.createDirectories(groups.resolve("a/b"));
    Files.writeString(proc.resolve("meminfo"), "MemTotal: 9 kB\nMemAvailable:    5000 kB\n");
    Files.writeString(proc.resolve("self/cgroup"), "0::/a/b\n");
    assertThat(FreeMemory.bytes(proc, groups)).isEqualTo(5000L * 1024);

    Files.writeString(groups.resolve("a/memory.max"), "3000000\n");
    Files.writeString(groups.resolve("a/memory.current"), "1000000\n");
    Files.writeString(groups.resolve("a/memory.stat"), "anon 7\ninactive_file 400000\n");
    Files.writeString(inner.resolve("memory.max"), "max\n");
    assertThat(FreeMemory.bytes(proc, groups)).isEqualTo(2_400_000);
    assertThat(FreeMemory.bytes(dir.resolve("none"), dir.resolve("none")))
        .isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void valuesGoInAndOut() {
    try (CpuBackend backend = new CpuBackend(1);
        Memory memory = backend.allocate(1024, "a test")) {
      HostTensor value = HostTensor.ofDoubles(SPEC, new double[15]);
      value.buffer().putFloat(56, 2.5f);
      Slice slice = new Slice(memory, 256, 60);
      backend.write(slice, value);
      assertThat(backend.read(slice, SPEC)).isEqualTo(value);
      assertThatThrownBy(() -> backend.write(new Slice(memory, 0, 56), value))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aCopyRunsWithoutAllocating() {
    try (CpuBackend backend = new CpuBackend(2);
        Memory memory = backend.allocate(512, "a test");
        Kernel kernel = backend.prepareReorder(SPEC, Form.plain(SPEC), Form.plain(SPEC))) {
      Slice from = new Slice(memory, 0, 60);
      Slice to = new Slice(memory, 256, 60);
      HostTensor value = HostTensor.zeros(SPEC);
      value.buffer().putFloat(0, 1.5f).putFloat(56, -3f);
      backend.write(from, value);
      Launch launch = kernel.bind(List.of(from), List.of(to), null);
      Program program = backend.program(List.of(launch));
      program.run();
      assertThat(backend.read(to, SPEC)).isEqualTo(value);

      assertThat(Allocations.ofHundredRuns(program::run)).isZero();
    }
  }

  @Test
  void aProgramUsesItsBackendsThreadsOnAnyJavaThread() throws InterruptedException {
    AtomicInteger seen = new AtomicInteger();
    try (CpuBackend three = new CpuBackend(3);
        CpuBackend one = new CpuBackend(1)) {
      Program program = three.program(List.of(() -> seen.set(CpuLibrary.threads())));
      program.run();
      assertThat(seen).hasValue(3);
      seen.set(0);
      Thread other = new Thread(program::run);
      other.start();
      other.join();
      assertThat(seen).hasValue(3);
      assertThat(one.threads()).isEqualTo(1);
    }
  }

  @Test
  void itSaysWhatItIs() {
    try (CpuBackend backend = new CpuBackend(2)) {
      assertThat(backend.name()).isEqualTo("cpu");
      assertThat(backend.describe()).contains("2 threads", "oneDNN 3.", "own kernels x86-64-v");
      assertThat(backend.supports(new Reshape(SPEC.shape()), List.of(SPEC)).reason())
          .contains("Reshape");
      assertThat(backend.defaultForm(TensorSpec.of(DType.U8, 3)).bytes()).isEqualTo(3);
    }
  }

  @Test
  void describesProcessorThreadsAndInstructionSets() {
    try (CpuBackend backend = new CpuBackend(2)) {
      assertThat(backend.describe())
          .contains("2 threads")
          .containsPattern("oneDNN \\d+\\.\\d+\\.\\d+ (sse41|avx)")
          .contains("own kernels " + CpuLibrary.isaName());
    }
  }

  @Test
  void theRecordSaysWhetherBitsDependOnTheNumberOfThreads() {
    String own = OwnKernel.name();
    try (CpuBackend alone = new CpuBackend(2, Map.of("Conv2d a", own));
        CpuBackend both = new CpuBackend(2, Map.of("Conv2d a", own, "Conv2d b", "jit:avx2"))) {
      assertThat(Backends.sameBits(alone)).contains("any number of threads");
      assertThat(Backends.sameBits(both)).contains("2 threads", "1 of 2 chosen kernels");
    }
  }
}
