package io.earlybird.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.ThreadMXBean;
import io.earlybird.backend.Backend;
import io.earlybird.backend.opencl.OpenClBackend;
import io.earlybird.data.ImageSet;
import io.earlybird.data.ShapesSource;
import io.earlybird.data.Split;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What training on the cpu backend takes from the Java heap and from the machine's memory. */
class TrainerMemoryTest {
  private static final int WARM_UP = 50;

  /** After so many, memory that the allocator and the JVM keep for themselves no longer grows. */
  private static final int WARM_UP_TRAINERS = 80;

  private static Trainer trainer(Backend backend, int batches) {
    ImageSet images = new ShapesSource(7, 16 * batches, 30).load(Split.TRAIN);
    Trainer trainer = new Trainer(backend, Tiny.network(), images, Tiny.TEST, Tiny.recipe(1));
    trainer.start(trainer.network().initialState(1), 0);
    return trainer;
  }

  /** Bytes that all Java threads have allocated so far, those that ended meanwhile left out. */
  private static long allocated(ThreadMXBean threads, long[] ids) {
    long sum = 0;
    for (long bytes : threads.getThreadAllocatedBytes(ids)) {
      sum += Math.max(bytes, 0);
    }
    return sum;
  }

  @Test
  void noThreadAllocatesAndResidentMemoryStaysFlat() throws Exception {
    staysFlat("cpu", 2048);
  }

  @Test
  void openClFreesWhatItTook() throws Exception {
    assumeThat(OpenClBackend.probe().reason()).as("no OpenCL device").isEmpty();
    staysFlat("opencl", 4096);
  }

  private static void staysFlat(String backend, long trainersKib) throws Exception {
    List<Long> measured = measuredByAChild(backend);
    assertThat(measured).hasSize(6);
    // The JVM's own threads and the two looks take a little; the smallest object is 16 bytes.
    assertThat(measured.get(0)).as("bytes on the heap in 200 steps").isLessThan(40 * 16);
    assertThat(measured.get(2) - measured.get(1)).as("KiB over 1,000 steps").isLessThan(1024);
    // The JVM compiles and grows its own tables when it likes; what leaks does so both times.
    assertThat(Math.min(measured.get(4) - measured.get(3), measured.get(5) - measured.get(4)))
        .as("KiB over 20 trainers, twice: %s", measured)
        .isLessThan(trainersKib);
  }

  /**
   * In a JVM of its own, which has no threads of a test's, and whose heap is resident from the
   * start and whose compiler is small.
   */
  private static List<Long> measuredByAChild(String backend)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("rss", ".txt");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-Xms64m",
                  "-Xmx64m",
                  "-XX:+AlwaysPreTouch",
                  "-XX:+UseSerialGC",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Growth.class.getName(),
                  backend)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      // On a busy machine threads that spin while they wait for each other take all its time.
      builder.environment().put("OMP_WAIT_POLICY", "passive");
      Process child = builder.start();
      boolean ended = child.waitFor(120, TimeUnit.SECONDS);
      child.destroyForcibly();
      String text = Files.readString(output);
      assertThat(ended && child.exitValue() == 0).as(text).isTrue();
      return text.lines().map(Long::valueOf).toList();
    } finally {
      Files.delete(output);
    }
  }

  /**
   * Prints bytes that all threads allocated in 200 steps, then resident KiB: before and after 1,000
   * steps, before and after 20 trainers, and after 20 more.
   */
  static final class Growth {
    private Growth() {}

    public static void main(String[] args) throws IOException {
      try (Backend backend = Tiny.backend(args[0])) {
        System.out.println(allocatedInSteps(backend));
        try (Trainer trainer = trainer(backend, WARM_UP)) {
          steps(trainer, 4);
          print();
          steps(trainer, 20);
          print();
        }
        trainers(backend, WARM_UP_TRAINERS);
        print();
        trainers(backend, 20);
        print();
        trainers(backend, 20);
        print();
      }
    }

    private static long allocatedInSteps(Backend backend) {
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long[] before = new long[1];
      long[] after = new long[1];
      try (Trainer trainer = trainer(backend, WARM_UP + 201)) {
        long[] ids = threads.getAllThreadIds();
        allocated(threads, ids);
        trainer.train(
            batches -> {
              if (batches == WARM_UP) {
                before[0] = allocated(threads, ids);
              } else if (batches == WARM_UP + 200) {
                after[0] = allocated(threads, ids);
              }
              return true;
            });
      }
      return after[0] - before[0];
    }

    private static void steps(Trainer trainer, int epochs) {
      for (int e = 0; e < epochs; e++) {
        trainer.beginEpoch(e);
        trainer.train(batches -> true);
      }
    }

    private static void trainers(Backend backend, int count) {
      for (int i = 0; i < count; i++) {
        try (Trainer trainer = trainer(backend, 2)) {
          steps(trainer, 1);
        }
      }
    }

    private static void print() throws IOException {
      System.gc();
      try (Stream<String> lines = Files.lines(new File("/proc/self/status").toPath())) {
        String rss = lines.filter(line -> line.startsWith("VmRSS:")).findFirst().orElseThrow();
        System.out.println(rss.replaceAll("\\D", ""));
      }
    }
  }
}
