package io.earlybird.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.doctor.Finding.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found of tools, data and caches, and how all of it is shown. */
class ToolsTest {
  @TempDir Path root;
  private Machine machine;

  @BeforeEach
  void emptyMachine() throws IOException {
    machine = new Machine(root);
  }

  private Finding find(Probe probe, String name) {
    return probe.look(machine.host()).stream()
        .filter(f -> f.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private Finding tool(String name) {
    return find(new ToolsProbe("17.0.9", root.resolve("jdk")), name);
  }

  @Test
  void missingToolsNameTheirPackages() {
    assertThat(tool("JDK").advice()).contains("apt install openjdk-17-jdk-headless");
    assertThat(tool("Maven").advice()).isEqualTo("to build: apt install maven");
    assertThat(tool("CMake").advice()).isEqualTo("to build: apt install cmake");
    assertThat(tool("Make").advice()).isEqualTo("to build: apt install make");
    assertThat(tool("C++17 compiler").advice()).isEqualTo("to build: apt install g++");
    assertThat(tool("nvcc").status()).isEqualTo(Status.MISSING);
  }

  @Test
  void toolsAreShownWithVersionAndPlace() {
    machine
        .tool("/usr/bin/mvn", "Apache Maven 3.8.7")
        .tool("/usr/bin/g++", "g++ (Debian 12.2.0-14+deb12u1) 12.2.0")
        .tool("/usr/local/cuda-13.0/bin/nvcc", "Cuda compilation tools, release 13.0, V13.0.48")
        .tool("/jdk/bin/javac", "javac 17.0.9");
    assertThat(tool("JDK").status()).isEqualTo(Status.OK);
    assertThat(tool("Maven").detail()).isEqualTo("3.8.7, /usr/bin/mvn");
    assertThat(tool("C++17 compiler").detail()).isEqualTo("12.2.0, /usr/bin/g++");
    assertThat(tool("nvcc").detail()).isEqualTo("13.0, /usr/local/cuda-13.0/bin/nvcc");
  }

  @Test
  void aToolThatDoesNotStartIsNotCalledFine() {
    machine.tool("/usr/bin/cmake", "Illegal instruction");
    assertThat(tool("CMake").status()).isEqualTo(Status.WARN);
    machine.set("CXX", "/opt/none/c++");
    assertThat(tool("C++17 compiler").detail()).isEqualTo("CXX=/opt/none/c++ is not there");
  }

  @Test
  void dataSetsArePresentOrSayWhatToDo() {
    assertThat(find(new DataProbe(), "shapes").status()).isEqualTo(Status.OK);
    assertThat(find(new DataProbe(), "cifar10").status()).isEqualTo(Status.MISSING);
    assertThat(find(new DataProbe(), "cifar10").advice()).contains("--data");
    machine.file("/home/ada/work/data.cifar10/cifar-10-batches-bin/test_batch.bin");
    assertThat(find(new DataProbe(), "cifar10").detail()).isEqualTo("/home/ada/work/data.cifar10");
  }

  @Test
  void cachesSayHowBigTheyAreOrThatTheyCannotBeWritten() {
    CacheProbe probe = new CacheProbe("");
    assertThat(find(probe, "kernel choices").detail())
        .isEqualTo("/home/ada/.cache/earlybird (empty)");
    machine.set("XDG_CACHE_HOME", "/cache").file("/cache/earlybird/kernels.json", "{}");
    assertThat(find(probe, "kernel choices").detail()).isEqualTo("1 MiB in /cache/earlybird");
    machine.deny("/home/ada");
    Finding denied = find(probe, "unpacked libraries");
    assertThat(denied.status()).isEqualTo(Status.WARN);
    assertThat(denied.detail()).isEqualTo("/home/ada/.javacpp/cache cannot be written");
  }

  @Test
  void theDiagnosisIsATableAndJson() throws IOException {
    List<Finding> findings = new ArrayList<>(new MpiProbe().look(machine.host()));
    findings.add(Finding.ok("data", "shapes", "built in"));
    Diagnosis diagnosis = new Doctor(machine.host(), List.of(host -> findings)).examine();
    assertThat(diagnosis.ok()).isTrue();
    assertThat(diagnosis.toTable().lines())
        .containsExactly(
            "MPI",
            "  library  MISSING  no libmpi.so.40",
            "                    -> only for several processes: apt install libopenmpi-dev",
            "  mpirun   MISSING  mpirun is not on PATH",
            "                    -> only for several processes: apt install openmpi-bin",
            "data",
            "  shapes   OK       built in",
            "OK: earlybird runs here (1 found, 0 to look at, 2 missing)");
    JsonNode json = new ObjectMapper().readTree(diagnosis.toJson());
    assertThat(json.get("ok").asBoolean()).isTrue();
    assertThat(json.get("findings")).hasSize(3);
    assertThat(json.get("findings").get(0).get("status").asText()).isEqualTo("missing");
  }
}
