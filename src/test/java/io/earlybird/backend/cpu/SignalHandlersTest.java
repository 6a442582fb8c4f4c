package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.earlybird.backend.opencl.OpenClBackend;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

class SignalHandlersTest {
  /** Opens a driver in a JVM of its own: a driver replaces handlers once, when it is first used. */
  static final class OpensDriver {
    private OpensDriver() {}

    public static void main(String[] args) {
      Pointer kept = SignalHandlers.keep();
      OpenClBackend.open().close();
      System.out.println(SignalHandlers.restore(kept) + " replaced");
    }
  }

  @Test
  void aDriverLeavesTheHandlersOfTheJvmInPlace() throws Exception {
    assumeThat(OpenClBackend.probe().reason()).as("no OpenCL device").isEmpty();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                OpensDriver.class.getName())
            .redirectErrorStream(true)
            .start();
    try {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(said).isEqualTo("0 replaced\n");
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void nothingReplacedIsNothingRestored() {
    Pointer before = SignalHandlers.keep();
    assertThat(SignalHandlers.<Integer>keptDuring(() -> 7)).isEqualTo(7);
    assertThat(SignalHandlers.restore(before)).isZero();
    assertThat(SignalHandlers.restore(null)).isZero();
  }
}
