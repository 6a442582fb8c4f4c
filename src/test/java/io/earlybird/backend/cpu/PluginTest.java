package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.verify.FailedCases;
import io.earlybird.verify.Verifier;
import io.earlybird.verify.VerifyOptions;
import io.earlybird.verify.VerifyReport;
import io.earlybird.verify.VerifyRow;
import io.earlybird.verify.VerifyRow.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Libraries that are built here, beginning with the example of {@code docs/plugins.md}. */
class PluginTest {
  private static final Path EXAMPLE = Path.of("docs/examples/my_relu.cpp");

  @TempDir Path folder;

  @AfterEach
  void ownKernelsAgain() {
    CpuLibrary.unloadPlugin();
  }

  private Path build(String name, String source) throws IOException, InterruptedException {
    Path library = folder.resolve("lib" + name + ".so");
    Path code = Files.writeString(folder.resolve(name + ".cpp"), source);
    Path log = folder.resolve("log");
    String compiler = System.getenv().getOrDefault("CXX", "c++");
    List<String> command = new ArrayList<>(List.of(compiler, "-std=c++17", "-O2", "-fPIC"));
    command.addAll(List.of("-shared", "-ffp-contract=off", "-Inative/include", "-o"));
    command.addAll(List.of(library.toString(), code.toString()));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertThat(process.waitFor()).describedAs(Files.readString(log)).isZero();
    return library;
  }

  private static VerifyReport verify(String... ops) {
    VerifyOptions options = new VerifyOptions(20, 0, 1, Set.of(ops));
    try (Backend cpu = new CpuBackend(2)) {
      return new Verifier(List.of(cpu), options).run();
    }
  }

  @Test
  void theExampleIsLoadedAndRight() throws Exception {
    Path library = build("mine", Files.readString(EXAMPLE));
    assertThat(CpuLibrary.loadPlugin(library)).containsExactly("eb_relu_f32");
    assertThat(verify("relu").rows())
        .singleElement()
        .satisfies(row -> assertThat(row.verdict()).isEqualTo(Verdict.OK));
  }

  @Test
  void aWrongKernelTurnsItsOpRedAndItsCaseRunsAgain() throws Exception {
    String wrong = Files.readString(EXAMPLE).replace("x[i] <= 0", "x[i] < 0");
    Path library = build("wrong", wrong);
    CpuLibrary.loadPlugin(library);
    VerifyReport report = verify("relu", "add");
    assertThat(report.rows())
        .filteredOn(row -> row.verdict() == Verdict.FAILED)
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.op()).isEqualTo("Relu");
              assertThat(row.detail()).contains("expected 0.0, found -0.0");
            });

    Path file = folder.resolve("failures.json");
    FailedCases.of(report).write(file);
    FailedCases again = FailedCases.read(file);
    VerifyRow first = report.rows().get(0);
    try (Backend cpu = new CpuBackend(2)) {
      assertThat(again.replay(List.of(cpu), row -> {}).rows())
          .singleElement()
          .satisfies(row -> assertThat(row.detail()).isEqualTo(first.detail()));
      CpuLibrary.unloadPlugin();
      assertThat(again.replay(List.of(cpu), row -> {}).ok()).isTrue();
    }
  }

  @Test
  void severalKernelsMayBeReplaced() throws Exception {
    Path library =
        build(
            "two",
            Files.readString(EXAMPLE)
                + "\neb_status eb_add_f32(const float* a, const float* b, float* y, int64_t n) {"
                + "\n  for (int64_t i = 0; i < n; i++) y[i] = a[i] - b[i];"
                + "\n  return EB_OK;\n}\n");
    assertThat(CpuLibrary.loadPlugin(library))
        .containsExactlyInAnyOrder("eb_relu_f32", "eb_add_f32");
    assertThat(verify("add").ok()).isFalse();
    CpuLibrary.unloadPlugin();
    assertThat(verify("add").ok()).isTrue();
  }

  @Test
  void librariesThatCannotServeAreRefusedWithTheReason() throws Exception {
    Path none = build("none", "int helper() { return 1; }");
    refused(none, "exports no kernel, that is, no function such as eb_relu_f32");
    Path mangled = build("mangled", "int eb_relu_f32(float*) { return 1; }");
    refused(mangled, "C++ functions need extern \"C\"");
    Path slip =
        build("slip", Files.readString(EXAMPLE) + "extern \"C\" int eb_rellu_f32() { return 0; }");
    refused(slip, "exports eb_rellu_f32, but no kernel has that name");
    refused(folder.resolve("libabsent.so"), "cannot open shared object file");
    refused(Files.writeString(folder.resolve("libtext.so"), "text"), "file too short");
    assertThat(verify("relu").ok()).isTrue();
  }

  private static void refused(Path library, String reason) {
    assertThatThrownBy(() -> CpuLibrary.loadPlugin(library))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith("plugin " + library + ": ")
        .hasMessageContaining(reason);
  }
}
