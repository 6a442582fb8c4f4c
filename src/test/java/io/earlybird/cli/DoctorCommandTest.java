package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** On the machine that the tests run on, which can build and run the program. */
class DoctorCommandTest {
  private static final Set<String> AREAS =
      Set.of("machine", "build", "CUDA", "OpenCL", "MPI", "energy", "data", "caches");

  private static String doctor(String... options) {
    StringWriter out = new StringWriter();
    String[] words = new String[options.length + 1];
    words[0] = "doctor";
    System.arraycopy(options, 0, words, 1, options.length);
    assertThat(Main.run(words, new PrintWriter(out), new PrintWriter(new StringWriter()))).isZero();
    return out.toString();
  }

  @Test
  void itLooksAtEverythingAndEndsWithAVerdict() {
    String table = doctor();
    assertThat(table.lines().filter(line -> !line.startsWith(" "))).containsAll(AREAS);
    assertThat(table)
        .contains("processor", "memory", "JDK", "CMake", "C++17 compiler", "nvcc", "cuDNN")
        .contains("mpirun", "(RAPL)", "cifar10", "cifar100", "kernel choices");
    assertThat(table.lines().reduce((first, last) -> last).orElseThrow())
        .startsWith("OK: earlybird runs here (");
  }

  @Test
  void jsonSaysTheSame() throws Exception {
    JsonNode all = new ObjectMapper().readTree(doctor("--json"));
    assertThat(all.path("ok").asBoolean()).isTrue();
    Set<String> areas = new TreeSet<>();
    for (JsonNode finding : all.path("findings")) {
      areas.add(finding.path("area").asText());
      assertThat(finding.path("detail").asText()).isNotEmpty();
      // Nothing is to be done about a machine without a GPU.
      if (finding.path("status").asText().equals("missing")
          && !finding.path("name").asText().equals("GPU")) {
        assertThat(finding.path("advice").asText()).as(finding.toString()).isNotEmpty();
      }
    }
    assertThat(areas).containsExactlyInAnyOrderElementsOf(AREAS);
  }
}
