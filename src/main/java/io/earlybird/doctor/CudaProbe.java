package io.earlybird.doctor;

import static io.earlybird.doctor.Finding.missing;
import static io.earlybird.doctor.Finding.ok;
import static io.earlybird.doctor.Finding.warn;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** NVIDIA's driver, GPUs and the libraries that the CUDA backend calls. */
final class CudaProbe implements Probe {
  private static final String AREA = "CUDA";
  private static final String NVIDIA_VENDOR = "0x10de";

  private record Library(String name, String file, String major, String python, String debian) {}

  private static final List<Library> LIBRARIES =
      List.of(
          new Library("runtime", "libcudart", "13", "nvidia-cuda-runtime", "cuda-cudart-13-0"),
          new Library("cuBLAS", "libcublas", "13", "nvidia-cublas", "libcublas-13-0"),
          new Library("cuDNN", "libcudnn", "9", "nvidia-cudnn-cu13", "libcudnn9-cuda-13"),
          new Library("NCCL", "libnccl", "2", "nvidia-nccl-cu13", "libnccl2"));

  @Override
  public List<Finding> look(Host host) {
    Libraries libraries = new Libraries(host);
    List<Finding> findings = new ArrayList<>();
    List<String> gpus = gpus(host);
    Optional<Libraries.Found> driver = libraries.exactly("libcuda.so.1");
    findings.add(driver(host, driver, gpus));
    findings.add(
        gpus.isEmpty()
            ? missing(AREA, "GPU", "no NVIDIA device is seen", "")
            : ok(AREA, "GPU", String.join(", ", gpus)));
    for (Library library : LIBRARIES) {
      findings.add(library(host, library, libraries, !gpus.isEmpty()));
    }
    return findings;
  }

  private static List<String> gpus(Host host) {
    List<String> models = new ArrayList<>();
    for (Path file : host.matching("/proc/driver/nvidia/gpus/*/information")) {
      host.lines(host.show(file)).stream()
          .filter(line -> line.startsWith("Model:"))
          .map(line -> line.substring("Model:".length()).strip())
          .forEach(models::add);
    }
    if (models.isEmpty()) {
      for (Path file : host.matching("/sys/bus/pci/devices/*/vendor")) {
        boolean display =
            host.lines(host.show(file.resolveSibling("class"))).stream()
                .anyMatch(line -> line.startsWith("0x03"));
        if (display && host.lines(host.show(file)).contains(NVIDIA_VENDOR)) {
          models.add("NVIDIA device " + file.getParent().getFileName());
        }
      }
    }
    return models;
  }

  private static Finding driver(Host host, Optional<Libraries.Found> library, List<String> gpus) {
    String stated =
        host.lines("/proc/driver/nvidia/version").stream()
            .findFirst()
            .map(line -> Host.firstVersion(line.replaceFirst("^.*Kernel Module( for \\S+)?", "")))
            .orElse("");
    if (library.isPresent()) {
      String place = host.show(library.get().path());
      return stated.isEmpty() && gpus.isEmpty()
          ? warn(AREA, "driver", place + " is there, but no kernel module is loaded", "")
          : ok(AREA, "driver", (stated + ", " + place).replaceFirst("^, ", ""));
    }
    if (!stated.isEmpty()) {
      return missing(
          AREA,
          "driver",
          "kernel module " + stated + ", but no libcuda.so.1",
          "apt install libcuda1; in a container, start it with the GPU passed through");
    }
    return missing(
        AREA,
        "driver",
        "no libcuda.so.1",
        gpus.isEmpty()
            ? "nothing to do without an NVIDIA GPU: the cpu backend needs none"
            : "apt install nvidia-driver");
  }

  private static Finding library(Host host, Library wanted, Libraries libraries, boolean gpu) {
    Optional<Libraries.Found> found = libraries.find(wanted.file(), wanted.major());
    String get =
        "NVIDIA's Debian package %s, or pip install %s".formatted(wanted.debian(), wanted.python());
    if (found.isEmpty()) {
      String file = wanted.file() + ".so." + wanted.major();
      return missing(AREA, wanted.name(), "no " + file, (gpu ? "" : "only with a GPU: ") + get);
    }
    String place = host.show(found.get().path());
    String detail = found.get().version() + ", " + place;
    if (!found.get().major().equals(wanted.major())) {
      return warn(
          AREA, wanted.name(), detail, "version %s is needed: %s".formatted(wanted.major(), get));
    }
    if (!found.get().known()) {
      String folder = host.show(found.get().path().getParent());
      return warn(
          AREA,
          wanted.name(),
          detail,
          "the loader does not look there: export LD_LIBRARY_PATH=%s:$LD_LIBRARY_PATH"
              .formatted(folder));
    }
    return ok(AREA, wanted.name(), detail);
  }
}
