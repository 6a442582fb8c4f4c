package io.earlybird.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.EarlybirdException;
import io.earlybird.doctor.Finding.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineProbeTest {
  private static final String V2 = "cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3";
  private static final String V3 = V2 + " avx2 fma bmi1 bmi2 f16c abm movbe";

  @TempDir Path root;
  private Machine machine;

  @BeforeEach
  void usualMachine() throws IOException {
    machine =
        new Machine(root)
            .file("/proc/cpuinfo", "model name\t: Abacus 9", "flags\t\t: " + V3)
            .file("/proc/meminfo", "MemTotal: 16777216 kB", "MemAvailable: 8388608 kB");
  }

  private Finding find(String name, Supplier<String> isa) {
    return new MachineProbe(isa, 12)
        .look(machine.host()).stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow();
  }

  private Finding find(String name) {
    return find(name, () -> "x86-64-v3");
  }

  @Test
  void theProcessorIsNamedWithWhatItCan() {
    Finding found = find("processor");
    assertThat(found.status()).isEqualTo(Status.OK);
    assertThat(found.detail()).isEqualTo("Abacus 9, 12 usable, x86-64-v3: sse4_2 avx2 fma");
  }

  @Test
  void aProcessorWithoutTheLeastFeaturesBlocks() {
    machine.file("/proc/cpuinfo", "model name : Slate", "flags : fpu sse sse2");
    assertThat(find("processor").blocks()).isTrue();
    assertThat(new Diagnosis(List.of(find("processor"))).ok()).isFalse();
    assertThat(new Diagnosis(List.of(find("processor"))).verdict())
        .startsWith("earlybird cannot run here: processor");
  }

  @Test
  void kernelsBelowTheProcessorAreWorthALine() {
    Finding found = find("own kernels", () -> "x86-64-v2");
    assertThat(found.status()).isEqualTo(Status.WARN);
    assertThat(found.advice()).contains("EARLYBIRD_ISA");
  }

  @Test
  void kernelsThatDoNotLoadBlockWithTheReason() {
    Finding found =
        find(
            "own kernels",
            () -> {
              throw new EarlybirdException("the CPU backend cannot be loaded: no libgomp");
            });
    assertThat(found.blocks()).isTrue();
    assertThat(found.detail()).contains("no libgomp");
  }

  @Test
  void memoryIsThatOfTheMachine() {
    assertThat(find("memory").detail()).isEqualTo("16.0 GiB, 8.0 GiB free");
    assertThat(find("memory").status()).isEqualTo(Status.OK);
  }

  @Test
  void aControlGroupLimitsMemory() {
    machine
        .file("/proc/self/cgroup", "0::/box/job")
        .file("/sys/fs/cgroup/box/job/memory.max", "max")
        .file("/sys/fs/cgroup/box/memory.max", "3221225472");
    Finding found = find("memory");
    assertThat(found.status()).isEqualTo(Status.WARN);
    assertThat(found.detail()).endsWith("limited to 3.0 GiB by the control group");
  }

  @Test
  void anOldControlGroupLimitsMemoryToo() {
    machine
        .file("/proc/self/cgroup", "3:cpu:/", "4:memory:/box")
        .file("/sys/fs/cgroup/memory/box/memory.limit_in_bytes", "536870912");
    assertThat(find("memory").blocks()).isTrue();
  }

  @Test
  void aSystemThatTellsNothingIsNoFailure() {
    machine.deny("/proc/meminfo").deny("/proc/cpuinfo");
    assertThat(find("memory").status()).isEqualTo(Status.WARN);
    assertThat(find("processor").detail()).startsWith("model unknown, 12 usable");
    assertThat(find("processor").blocks()).isFalse();
  }

  @Test
  void aFullOrForbiddenDiskIsWorthALine() {
    assertThat(find("disk").status()).isEqualTo(Status.OK);
    machine.withFreeBytes(1L << 29);
    assertThat(find("disk").detail()).isEqualTo("0.5 GiB free in /home/ada/work");
    assertThat(find("disk").status()).isEqualTo(Status.WARN);
    machine.deny("/home/ada/work");
    assertThat(find("disk").detail()).endsWith("not writable");
  }
}
