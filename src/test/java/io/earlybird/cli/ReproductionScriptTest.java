package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The script that makes the record of low precision, with a stand-in for the program that leaves
 * what it would leave.
 */
class ReproductionScriptTest {
  private static final Path SCRIPT = Path.of("scripts/reproduction/low-precision.sh");

  /**
   * Writes its command line to calls.txt. The accuracy is that of the network's name; 4 bits
   * diverge; a search draws a ticket; `stop` makes the call with that number fail once.
   */
  private static final String STAND_IN =
      """
      #!/usr/bin/env bash
      set -eu
      echo "$*" >>calls.txt
      if [[ -e stop && $(wc -l <calls.txt) == "$(cat stop)" ]]; then
        mkdir -p "${*: -1}"; echo '{}' >"${*: -1}/config.json"; exit 1
      fi
      save=${*: -1}
      case $* in
        compare*) echo 'ticket 50%: drawn at the start of epoch 9 in A, 9 in B' ;;
        prune*) mkdir -p "$save"; : >"$save/pruned.safetensors" ;;
        *original4*) exit 3 ;;
        *)
          mkdir -p "$save"; echo '{}' >"$save/config.json"
          case $save in *fp32*) a=90 ;; *) a=89.5 ;; esac
          printf '%s\\n' '{"event":"masks","phase":"x","epoch":8,"drawn":{"0.5":0.1}}' \\
            '{"event":"epoch","epoch":0,"test_accuracy":91.0,"train_seconds":2.5}' \\
            "{\\"event\\":\\"epoch\\",\\"epoch\\":1,\\"test_accuracy\\":$a,\\"train_seconds\\":2.5,\\
      \\"average_accuracy\\":90.25}" >"$save/metrics.jsonl"
          : >"$save/EB-50-9.safetensors" ;;
      esac
      """;

  @TempDir private Path folder;
  private Path program;

  @BeforeEach
  void makeStandIn() throws IOException {
    program = folder.resolve("stand-in");
    Files.writeString(program, STAND_IN);
    assertThat(program.toFile().setExecutable(true)).isTrue();
  }

  private int script(String... more) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder("bash", SCRIPT.toAbsolutePath().toString(), "runs")
            .directory(folder.toFile());
    builder.command().addAll(List.of(more));
    builder
        .environment()
        .putAll(
            Map.of(
                "EARLYBIRD", program.toString(),
                "SEEDS", "1 2",
                "DENSE_SEEDS", "1 2 3",
                "BITS", "8 4",
                "FLOWS", "original",
                "OUT", folder.resolve("out").toString()));
    Path log = folder.resolve("log");
    int code = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
    assertThat(Files.readString(log)).doesNotContain("unbound");
    return code;
  }

  @Test
  void theTableComesFromTheMetricsAndASecondStartDoesNothingAgain() throws Exception {
    assertThat(script()).as(Files.readString(folder.resolve("log"))).isZero();
    String page = Files.readString(folder.resolve("out/low-precision.md"));
    assertThat(page)
        .contains(
            "| fp32-dense | 1 | 90.00 | 91.00 | 90.25 | 9 | 5 |",
            "| original8-LF | 2 | 89.50 | 91.00 | 90.25 | 9 | 5 |",
            "| original4-dense | 1 | diverged | - | - | - | - |",
            "| bf16-dense | 3 | 89.50 | 89.50 | 89.50 | 90.25 | -0.50 |",
            "| original8-LF-same-start | 2 | 89.50 | 89.50 | 89.50 | 90.25 | -0.50 |",
            "| original8-reinit | 2 | 89.50 | 89.50 | 89.50 | 90.25 | -0.50 |",
            "A seed2 fp32, B original8-dense",
            "drawn at the start of epoch 9 in A");
    assertThat(folder.resolve("out/low-precision/seed1-original8-LL.jsonl")).exists();
    List<String> calls = Files.readAllLines(folder.resolve("calls.txt"));
    assertThat(calls)
        .anyMatch(
            c ->
                c.startsWith("retrain")
                    && c.contains("--method reinit")
                    && c.contains("--lp-flow original --wl-weight 8")
                    && c.contains("--swa --swa_start 15"))
        .anyMatch(c -> c.endsWith("original8-LF") && !c.contains("--wl-weight"))
        .anyMatch(c -> c.endsWith("original8-LF-same-start") && c.contains("--start-epoch 12"))
        .anyMatch(c -> c.endsWith("original8-LF-reinit") && c.contains("--method reinit"))
        .anyMatch(c -> c.endsWith("fp32-ticket-same-start") && c.contains("--start-epoch 12"));
    long trained = calls.stream().filter(c -> !c.startsWith("compare")).count();
    assertThat(script()).isZero();
    assertThat(
            Files.readAllLines(folder.resolve("calls.txt")).stream()
                .filter(c -> !c.startsWith("compare")))
        .hasSize((int) trained);
    assertThat(Files.readString(folder.resolve("out/low-precision.md"))).isEqualTo(page);
  }

  @Test
  void whatWasStoppedGoesOn() throws Exception {
    Files.writeString(folder.resolve("stop"), "8");
    assertThat(script()).isEqualTo(1);
    assertThat(folder.resolve("out/low-precision.md")).doesNotExist();
    assertThat(script()).isZero();
    List<String> calls = Files.readAllLines(folder.resolve("calls.txt"));
    assertThat(calls.get(7)).startsWith("retrain").doesNotContain("--resume");
    assertThat(calls.get(8)).startsWith("retrain --resume runs/seed1/fp32-ticket");
  }
}
