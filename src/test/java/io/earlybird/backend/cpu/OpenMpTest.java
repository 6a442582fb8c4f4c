package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;

/** One OpenMP runtime serves oneDNN and our kernels, and one thread setting reaches both. */
class OpenMpTest {
  private static final int N = 1 << 20;

  @Test
  void oneRuntimeIsMapped() throws IOException {
    NativeKernels.eb_kernel_count();
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      var runtimes =
          lines
              .filter(line -> line.contains("libgomp"))
              .map(line -> line.substring(line.indexOf('/')))
              .collect(Collectors.toSet());
      assertThat(runtimes).hasSize(1);
    }
  }

  @Test
  void theThreadSettingReachesOurKernelsAndOneDnnSharesTheirTeam() {
    assertThat(threadsAfter("eb-own", OpenMpTest::ownRelu)).isEqualTo(3);
    assertThat(threadsAfter("eb-onednn", OpenMpTest::oneDnnRelu)).isEqualTo(3);
    Runnable both =
        () -> {
          ownRelu();
          oneDnnRelu();
        };
    assertThat(threadsAfter("eb-both", both)).isEqualTo(3);
  }

  @Test
  void threadSettingsOutOfRangeAreRefused() {
    for (int threads : new int[] {Integer.MIN_VALUE, -1, 0, 1025}) {
      assertThatThrownBy(() -> CpuLibrary.setThreads(threads))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1..1024");
    }
  }

  /**
   * Runs the work on a new Java thread of that name with three OpenMP threads, and counts the
   * threads of the process that have the name: workers inherit it from the thread that makes them.
   */
  private static long threadsAfter(String name, Runnable work) {
    var count = new CompletableFuture<Long>();
    Runnable body =
        () -> {
          CpuLibrary.setThreads(3);
          work.run();
          count.complete(threadsNamed(name));
        };
    Thread thread = new Thread(body, name);
    thread.setUncaughtExceptionHandler((t, e) -> count.completeExceptionally(e));
    thread.start();
    return count.join();
  }

  private static long threadsNamed(String name) {
    try (var tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      long found = 0;
      for (Path task : tasks) {
        if (Files.readString(task.resolve("comm")).strip().equals(name)) {
          found++;
        }
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void ownRelu() {
    try (var x = new FloatPointer(N)) {
      assertThat(NativeKernels.eb_relu_f32(x, x, N)).isEqualTo(NativeKernels.EB_OK);
    }
  }

  private static void oneDnnRelu() {
    try (var cpu = new engine(engine.kind.cpu, 0);
        var queue = new stream(cpu);
        var shape = new memory.desc(new long[] {N}, memory.data_type.f32, memory.format_tag.a);
        var description =
            new eltwise_forward.primitive_desc(
                cpu, dnnl.prop_kind.forward_inference, dnnl.algorithm.eltwise_relu, shape, shape);
        var relu = new eltwise_forward(description);
        var x = new memory(shape, cpu);
        var arguments = new IntMemoryMap()) {
      arguments.put(dnnl.DNNL_ARG_SRC, x);
      arguments.put(dnnl.DNNL_ARG_DST, x);
      relu.execute(queue, arguments);
      queue._wait();
    }
  }
}
