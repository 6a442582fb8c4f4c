package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CpuLibraryTest {
  @Test
  void oneOpenMpRuntimeServesBothLibraries() throws IOException {
    NativeKernels.eb_get_threads();
    Set<String> runtimes;
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      runtimes =
          lines
              .filter(line -> line.contains("libgomp"))
              .map(line -> line.substring(line.indexOf('/')))
              .collect(Collectors.toSet());
    }
    assertThat(runtimes).hasSize(1);
  }

  @Test
  void reluKeepsPositiveValuesAndNaN() {
    float[] x = {-1f, 2f, -0f, Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY};
    float[] y = new float[x.length];
    assertThat(NativeKernels.eb_relu_f32(x, y, x.length)).isEqualTo(NativeKernels.EB_OK);
    assertThat(y).containsExactly(0f, 2f, 0f, Float.NaN, 0f, Float.POSITIVE_INFINITY);
  }
}
