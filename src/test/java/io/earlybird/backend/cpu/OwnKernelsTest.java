package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.cpu.OwnKernelCases.Case;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.SoftmaxCrossEntropy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every own kernel. */
class OwnKernelsTest {
  static List<Case> cases() {
    return OwnKernelCases.all();
  }

  @Test
  void everyKernelHasACase() {
    Map<Class<? extends Op>, KernelFactory> factories = new HashMap<>();
    OwnKernels.register(factories);
    assertThat(cases().stream().map(c -> c.op().getClass()).collect(Collectors.toSet()))
        .isEqualTo(factories.keySet());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithTheReference(Case c) {
    KernelRunner.check(c.op(), c.inputs());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void anyNumberOfThreadsGivesTheSameBits(Case c) {
    KernelRunner.checkThreads(c.op(), c.inputs());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resultsWrittenOverOperandsHaveTheSameBits(Case c) {
    KernelRunner.checkOverwriting(c.op(), c.inputs());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void runningAllocatesNothing(Case c) {
    KernelRunner.checkAllocation(c.op(), c.inputs());
  }

  @Test
  void everyInstructionSetGivesTheSameBits() throws Exception {
    List<String> here = Probe.digests();
    assertThat(probe("v2")).isEqualTo(here);
    assertThat(probe("v3")).isEqualTo(here);
  }

  @Test
  void aFailureNamesOpOperandsAndStatus() {
    HostTensor logits = KernelRunner.normal(1, 2, 3);
    HostTensor labels = HostTensor.of(new int[] {0, 3}, 2);
    assertThatThrownBy(
            () -> KernelRunner.run(1, new SoftmaxCrossEntropy(), List.of(logits, labels)))
        .isInstanceOf(EarlybirdException.class)
        .hasMessage(
            "SoftmaxCrossEntropy[] on [f32[2,3], i32[2]]: an operand holds a value outside its"
                + " range (EB_BAD_ARGUMENT)");
  }

  /** What a process whose instruction set is capped computes. */
  private static List<String> probe(String cap) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Probe.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("EARLYBIRD_ISA", cap);
    Process process = builder.start();
    byte[] output = process.getInputStream().readAllBytes();
    assertThat(process.waitFor()).isZero();
    return new String(output, StandardCharsets.UTF_8).lines().toList();
  }

  /** The program of the other process: one line per case. */
  static final class Probe {
    public static void main(String[] args) throws Exception {
      digests().forEach(System.out::println);
    }

    static List<String> digests() throws Exception {
      List<String> lines = new java.util.ArrayList<>();
      for (Case c : cases()) {
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        for (HostTensor result : KernelRunner.run(2, c.op(), c.inputs())) {
          sha.update(result.buffer());
        }
        lines.add(c + " " + HexFormat.of().formatHex(sha.digest()));
      }
      return lines;
    }
  }
}
