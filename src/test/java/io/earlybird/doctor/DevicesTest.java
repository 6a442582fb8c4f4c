package io.earlybird.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.doctor.Finding.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found of GPUs, OpenCL, MPI and meters. */
class DevicesTest {
  private static final String LIB = "/usr/lib/x86_64-linux-gnu/";

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

  private Finding cuda(String name) {
    return find(new CudaProbe(), name);
  }

  @Test
  void anEmptyMachineHasNothingAndNothingBlocks() {
    for (Probe probe : List.of(new CudaProbe(), new OpenClProbe(List::of), new MpiProbe())) {
      assertThat(probe.look(machine.host()))
          .allMatch(f -> f.status() == Status.MISSING)
          .noneMatch(Finding::blocks);
    }
    assertThat(cuda("driver").advice()).startsWith("nothing to do without an NVIDIA GPU");
    assertThat(find(new EnergyProbe(), "processor (RAPL)").status()).isEqualTo(Status.MISSING);
  }

  @Test
  void aMachineWithAGpuShowsDriverModelAndVersions() {
    machine
        .file(
            "/proc/driver/nvidia/version",
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.82.07  Release Build")
        .file("/proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA Abacus")
        .file(LIB + "libcuda.so.1")
        .file(LIB + "libcudnn.so.9.19.0")
        .file(LIB + "libcudnn.so.9");
    assertThat(cuda("driver").detail())
        .isEqualTo("580.82.07, /usr/lib/x86_64-linux-gnu/libcuda.so.1");
    assertThat(cuda("GPU").detail()).isEqualTo("NVIDIA Abacus");
    assertThat(cuda("cuDNN").status()).isEqualTo(Status.OK);
    assertThat(cuda("NCCL").advice()).startsWith("NVIDIA's Debian package libnccl2");
  }

  @Test
  void aGpuWithoutADriverAsksForOne() {
    machine
        .file("/sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de")
        .file("/sys/bus/pci/devices/0000:01:00.0/class", "0x030200");
    assertThat(cuda("GPU").detail()).isEqualTo("NVIDIA device 0000:01:00.0");
    assertThat(cuda("driver").advice()).isEqualTo("apt install nvidia-driver");
  }

  @Test
  void aLibraryOfAPythonEnvironmentIsFoundWithItsVersionAndTheWayToIt() {
    String packages = "/opt/env/lib/python3.11/site-packages/";
    machine
        .set("VIRTUAL_ENV", "/opt/env")
        .file(packages + "nvidia/cudnn/lib/libcudnn.so.9")
        .file(packages + "nvidia_cudnn_cu13-9.19.0.56.dist-info/METADATA");
    Finding found = cuda("cuDNN");
    assertThat(found.status()).isEqualTo(Status.WARN);
    assertThat(found.detail())
        .isEqualTo("9.19.0.56, " + packages + "nvidia/cudnn/lib/libcudnn.so.9");
    assertThat(found.advice())
        .contains("export LD_LIBRARY_PATH=" + packages + "nvidia/cudnn/lib:$LD_LIBRARY_PATH");
    machine.set("LD_LIBRARY_PATH", packages + "nvidia/cudnn/lib");
    assertThat(cuda("cuDNN").status()).isEqualTo(Status.OK);
  }

  @Test
  void anotherMajorVersionIsShownAsThat() {
    machine
        .file("/etc/ld.so.conf.d/cuda.conf", "/opt/cuda/lib")
        .file("/opt/cuda/lib/libcudart.so.12");
    Finding found = cuda("runtime");
    assertThat(found.status()).isEqualTo(Status.WARN);
    assertThat(found.detail()).isEqualTo("12, /opt/cuda/lib/libcudart.so.12");
    assertThat(found.advice()).startsWith("version 13 is needed");
  }

  @Test
  void openClPlatformsAreThoseWhoseLibraryIsThere() {
    machine.file(LIB + "libOpenCL.so.1").file("/etc/OpenCL/vendors/pocl.icd", "libpocl.so.2.9.0");
    assertThat(find(new OpenClProbe(List::of), "loader").status()).isEqualTo(Status.OK);
    assertThat(find(new OpenClProbe(List::of), "platforms").detail())
        .isEqualTo("library not found: pocl.icd (libpocl.so.2.9.0)");
    machine.file(LIB + "libpocl.so.2.9.0");
    assertThat(find(new OpenClProbe(List::of), "platforms").status()).isEqualTo(Status.OK);
  }

  @Test
  void mpiIsALibraryAndALauncher() {
    machine.file(LIB + "libmpi.so.12").tool("/usr/bin/mpirun", "mpirun (Open MPI) 4.1.4");
    assertThat(find(new MpiProbe(), "library").status()).isEqualTo(Status.WARN);
    assertThat(find(new MpiProbe(), "mpirun").detail()).isEqualTo("4.1.4, /usr/bin/mpirun");
    machine.file(LIB + "libmpi.so.40");
    assertThat(find(new MpiProbe(), "library").status()).isEqualTo(Status.OK);
  }

  @Test
  void metersThatMayNotBeReadSayHow() {
    String zone = "/sys/class/powercap/intel-rapl:0/";
    machine.file(zone + "energy_uj", "17").file(zone + "name", "package-0");
    assertThat(find(new EnergyProbe(), "processor (RAPL)").detail()).isEqualTo("package-0");
    machine.deny(zone + "energy_uj");
    Finding denied = find(new EnergyProbe(), "processor (RAPL)");
    assertThat(denied.status()).isEqualTo(Status.WARN);
    assertThat(denied.detail()).isEqualTo("1 of 1 meters may not be read");
    assertThat(denied.advice()).startsWith("sudo chmod a+r");
  }
}
