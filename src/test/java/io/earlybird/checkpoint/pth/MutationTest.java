package io.earlybird.checkpoint.pth;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.earlybird.EarlybirdException;
import io.earlybird.golden.GoldenFolder;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.tensor.HostTensor;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Seeded damage to sound files: what comes out is a checkpoint or one kind of exception, soon and
 * in little memory. {@code -Dearlybird.mutations=100000} runs as many as that.
 */
class MutationTest {
  private static final int MUTATIONS = Integer.getInteger("earlybird.mutations", 8_000);
  private static final long MOST_NANOSECONDS = 1_000_000_000L;
  private static final long MOST_BYTES = 64L << 20;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void damagedFilesGiveOneKindOfException(@TempDir Path folder) throws IOException {
    List<byte[]> sound = soundFiles(folder);
    Random random = new Random(5);
    List<String> wrong = new ArrayList<>();
    int refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] bytes = mutate(sound.get(i % sound.size()), random);
      long cpu = THREADS.getCurrentThreadCpuTime();
      long allocated = THREADS.getCurrentThreadAllocatedBytes();
      String problem = problem(bytes);
      cpu = THREADS.getCurrentThreadCpuTime() - cpu;
      allocated = THREADS.getCurrentThreadAllocatedBytes() - allocated;
      if (problem == null && (cpu > MOST_NANOSECONDS || allocated > MOST_BYTES)) {
        problem = "%d ms, %d bytes".formatted(cpu / 1_000_000, allocated);
      } else if (problem != null && problem.isEmpty()) {
        refused++;
        problem = cpu > MOST_NANOSECONDS || allocated > MOST_BYTES ? "refused late" : null;
      }
      if (problem != null) {
        wrong.add("mutation " + i + ": " + problem);
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(refused).isGreaterThan(MUTATIONS / 4);
  }

  /** Null if the bytes are a checkpoint, empty if they are refused as they should be. */
  private static String problem(byte[] bytes) {
    try {
      OriginalCheckpoint checkpoint = OriginalCheckpoint.of(PthFile.parse(bytes, "f.pth"));
      checkpoint.epoch();
      checkpoint.best();
      checkpoint.momenta();
      checkpoint.learningRate();
      checkpoint.network().ifPresent(spec -> fit(checkpoint, spec));
      return null;
    } catch (EarlybirdException e) {
      boolean oneLine = e.getMessage().startsWith("f.pth") && !e.getMessage().contains("\n");
      return oneLine ? "" : e.getMessage();
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      return e.toString();
    }
  }

  private static void fit(OriginalCheckpoint checkpoint, NetworkSpec spec) {
    if (spec.arch().equals("vgg")) {
      checkpoint.stateFor(Network.of(spec));
    }
  }

  private static byte[] mutate(byte[] sound, Random random) {
    byte[] bytes = sound.clone();
    int kind = random.nextInt(8);
    if (kind == 0) {
      return Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }
    // Pickles stand at the beginning, directories at the end: damage there reaches further.
    int from = kind < 5 ? 0 : kind == 5 ? Math.max(0, bytes.length - 4000) : 0;
    int range = kind < 5 ? Math.min(bytes.length, 9000) : bytes.length - from;
    int changes = 1 + random.nextInt(6);
    for (int k = 0; k < changes; k++) {
      int at = from + random.nextInt(range);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes[at] = new byte[] {0, 1, (byte) 0xFF, 0x7F, (byte) 0x80}[random.nextInt(5)];
        default -> {
          int length = Math.min(1 + random.nextInt(16), bytes.length - at);
          int source = random.nextInt(bytes.length - length + 1);
          System.arraycopy(sound, source, bytes, at, length);
        }
      }
    }
    return bytes;
  }

  /** Our own files, and the recorded ones of moderate size where they are. */
  private static List<byte[]> soundFiles(Path folder) throws IOException {
    Network network =
        Network.of(NetworkSpec.of("vgg", Cfg.of(2, "M", 3, "M", 3, "M", 4, "M", 5), 10));
    Map<String, HostTensor> state = network.initialState(3);
    Path own = folder.resolve(OriginalFiles.CHECKPOINT);
    OriginalFiles.writeCheckpoint(
        own, 3, state, 12.5, new OriginalFiles.SgdState(Map.of(), 0.1, 0.9, 1e-4));
    List<byte[]> files = new ArrayList<>(List.of(Files.readAllBytes(own)));
    Path recorded = GoldenFolder.locate().resolve("checkpoints");
    if (Files.isDirectory(recorded)) {
      try (Stream<Path> walk = Files.list(recorded)) {
        for (Path file : walk.sorted().toList()) {
          if (file.toString().endsWith(".pth.tar") && Files.size(file) < 40_000) {
            files.add(Files.readAllBytes(file));
          }
        }
      }
    }
    return files;
  }
}
