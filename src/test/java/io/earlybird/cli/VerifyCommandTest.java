package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.verify.FailedCases;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyCommandTest {
  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int verify(String... args) {
    String[] all = new String[args.length + 1];
    all[0] = "verify";
    System.arraycopy(args, 0, all, 1, args.length);
    return Main.run(all, new PrintWriter(out), new PrintWriter(err));
  }

  @Test
  void theChosenOpsAreJudged() {
    assertThat(verify("--op=relu,Add", "--cases=5", "--seed=3")).isZero();
    assertThat(out.toString())
        .contains("Relu ", "Add ")
        .contains("OK: 4 of 4 rows agree with the reference, 0 failed, 0 unsupported (seed 3)");
  }

  @Test
  void jsonIsOneObject() throws IOException {
    assertThat(verify("--op=fill", "--quick", "--json", "--backend=reference")).isZero();
    assertThat(new ObjectMapper().readTree(out.toString()).get("rows")).hasSize(1);
  }

  @Test
  void aWrongPluginFailsAndItsCaseIsReplayed() throws Exception {
    String source = Files.readString(KernelLibrary.EXAMPLE);
    Path library = KernelLibrary.build(folder, source.replace("x[i] <= 0", "x[i] < 0"));
    Path failures = folder.resolve("failures.json");
    String plugin = "--plugin=" + library;
    assertThat(verify("--op=relu", "--cases=8", plugin, "--failures=" + failures)).isEqualTo(1);
    assertThat(out.toString())
        .contains(library + " replaces eb_relu_f32")
        .contains("Relu on cpu: case 0 of seed 1: ", "expected 0.0, found -0.0")
        .contains("verify --replay " + failures + " --plugin " + library);
    assertThat(FailedCases.read(failures).cases()).hasSize(1);

    assertThat(verify("--replay=" + failures, plugin)).isEqualTo(1);
    assertThat(verify("--replay=" + failures)).isZero();
  }

  @Test
  void whatCannotBeDoneIsSaid() throws IOException {
    assertThat(verify("--op=conv9d")).isEqualTo(1);
    assertThat(verify("--cases=0")).isEqualTo(2);
    assertThat(verify("--plugin=" + folder.resolve("none.so"))).isEqualTo(1);
    Path file = folder.resolve("failures.json");
    new FailedCases(1, List.of(new FailedCases.Case("Add", "cpu", 0, ""))).write(file);
    assertThat(verify("--replay=" + file, "--quick")).isEqualTo(2);
    assertThat(verify("--replay=" + file, "--backend=reference")).isEqualTo(1);
    assertThat(err.toString())
        .contains("earlybird: no op to verify is named conv9d")
        .contains("earlybird: --cases must be at least 1, not 0")
        .contains("none.so: cannot open shared object file")
        .contains("earlybird: --replay takes ops, cases and seed from its file")
        .contains("the case is one of backend cpu, which is not among [reference]");
  }
}
