package io.earlybird.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaLibraryPathTest {
  private static final String RUNTIME = "libcudart.so.13";

  @TempDir private Path root;

  @BeforeEach
  void resolveLinks() throws IOException {
    root = root.toRealPath();
  }

  private Path library(String folder) throws IOException {
    Path file = root.resolve(folder).resolve(RUNTIME);
    Files.createDirectories(file.getParent());
    return Files.createFile(file);
  }

  private Path find(String first, Map<String, String> environment) {
    return CudaLibraryPath.of(first, environment, root).find(RUNTIME).orElse(null);
  }

  @Test
  void nothingIsFoundWhereNothingIs() {
    assertThat(find("", Map.of())).isNull();
    assertThat(find("/nonexistent:", Map.of("LD_LIBRARY_PATH", ":"))).isNull();
  }

  @Test
  void aPythonEnvironmentIsFoundByItsVariableAndByThePath() throws IOException {
    Path inVenv = library("venv/lib/python3.12/site-packages/nvidia/cu13/lib");
    Path bin = Files.createDirectories(root.resolve("venv/bin"));
    Path python = Files.createFile(bin.resolve("python3"));
    assertThat(python.toFile().setExecutable(true)).isTrue();
    assertThat(find("", Map.of("VIRTUAL_ENV", root.resolve("venv").toString()))).isEqualTo(inVenv);
    assertThat(find("", Map.of("PATH", "/nonexistent:" + bin))).isEqualTo(inVenv);
  }

  @Test
  void systemFoldersAndConfiguredOnesComeBeforePython() throws IOException {
    library("usr/lib/python3/dist-packages/nvidia/cuda_runtime/lib");
    Path configured = library("opt/cuda/lib");
    Files.createDirectories(root.resolve("etc/ld.so.conf.d"));
    Files.writeString(root.resolve("etc/ld.so.conf.d/cuda.conf"), "# comment\n/opt/cuda/lib\n");
    assertThat(find("", Map.of())).isEqualTo(configured);
    Path toolkit = library("usr/local/cuda/lib64");
    assertThat(find("", Map.of())).isEqualTo(toolkit);
  }

  @Test
  void whatTheUserNamesComesFirst() throws IOException {
    library("usr/local/cuda/lib64");
    Path linked = library("b");
    assertThat(find("", Map.of("LD_LIBRARY_PATH", root.resolve("b").toString()))).isEqualTo(linked);
    Path named = library("a");
    assertThat(
            find(
                root.resolve("a").toString(),
                Map.of("LD_LIBRARY_PATH", root.resolve("b").toString())))
        .isEqualTo(named);
  }
}
