package io.earlybird.checkpoint.pth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A Python that has PyTorch: {@code -Dearlybird.python} names it, or it is the system's. Where
 * there is none, the test is skipped.
 */
public final class TorchPython {
  private static final int SECONDS = 120;

  private TorchPython() {}

  /**
   * Runs a script, which lies beside a class, with a folder as its argument.
   *
   * @throws AssertionError with its output if it fails
   */
  public static void run(Class<?> beside, String name, Path folder)
      throws IOException, InterruptedException {
    String python = find(folder);
    Path script = folder.resolve(name);
    try (InputStream in = beside.getResourceAsStream(name)) {
      Files.copy(in, script);
    }
    Path log = folder.resolve(name + ".log");
    int status = start(log, python, script.toString(), folder.toString());
    assertThat(status).as(Files.readString(log)).isZero();
  }

  /** Skips the test where no Python has PyTorch. */
  public static void require(Path folder) throws InterruptedException {
    find(folder);
  }

  private static String find(Path folder) throws InterruptedException {
    String named = System.getProperty("earlybird.python", "");
    List<String> candidates =
        named.isEmpty() ? List.of("/usr/bin/python3", "python3") : List.of(named);
    for (String candidate : candidates) {
      try {
        if (start(folder.resolve("probe.log"), candidate, "-c", "import torch") == 0) {
          return candidate;
        }
      } catch (IOException e) {
        // No such program: the next one may be there.
        continue;
      }
    }
    assumeTrue(false, "no Python here has PyTorch (on Debian: apt-get install python3-torch)");
    return null;
  }

  private static int start(Path log, String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return -1;
    }
    return process.exitValue();
  }
}
