package io.earlybird.doctor;

import static io.earlybird.doctor.Finding.missing;
import static io.earlybird.doctor.Finding.ok;
import static io.earlybird.doctor.Finding.warn;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.opencl.OpenClDevice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** OpenCL's loader, the platforms that are registered with it and their devices. */
final class OpenClProbe implements Probe {
  private static final String AREA = "OpenCL";
  private static final String VENDORS = "/etc/OpenCL/vendors";

  private final Supplier<List<OpenClDevice>> devices;

  /**
   * A probe.
   *
   * @param devices asks the loader for its devices
   */
  OpenClProbe(Supplier<List<OpenClDevice>> devices) {
    this.devices = devices;
  }

  /** The devices of the machine that this process runs on; none where there is no loader. */
  static List<OpenClDevice> devicesHere() {
    try {
      return OpenClDevice.all();
    } catch (EarlybirdException e) {
      return List.of();
    }
  }

  @Override
  public List<Finding> look(Host host) {
    Libraries libraries = new Libraries(host);
    List<Finding> findings = new ArrayList<>();
    findings.add(loader(host, libraries));
    findings.add(platforms(host, libraries));
    for (OpenClDevice device : devices.get()) {
      String name = "device " + device.number();
      findings.add(
          device.usable().ok()
              ? ok(AREA, name, device.describe())
              : warn(AREA, name, device.describe(), device.usable().reason()));
    }
    return findings;
  }

  private static Finding loader(Host host, Libraries libraries) {
    return libraries
        .exactly("libOpenCL.so.1")
        .map(found -> ok(AREA, "loader", host.show(found.path())))
        .orElseGet(
            () -> missing(AREA, "loader", "no libOpenCL.so.1", "apt install ocl-icd-libopencl1"));
  }

  private static Finding platforms(Host host, Libraries libraries) {
    List<String> usable = new ArrayList<>();
    List<String> broken = new ArrayList<>();
    for (Path file : host.matching(VENDORS + "/*.icd")) {
      String library = host.lines(host.show(file)).stream().findFirst().orElse("").strip();
      String name = file.getFileName() + " (" + library + ")";
      (present(host, libraries, library) ? usable : broken).add(name);
    }
    if (!broken.isEmpty()) {
      return warn(
          AREA,
          "platforms",
          "library not found: " + String.join(", ", broken),
          "install the driver that these files of " + VENDORS + " belong to, or remove them");
    }
    return usable.isEmpty()
        ? missing(
            AREA,
            "platforms",
            "none in " + VENDORS,
            "the GPU vendor's OpenCL driver, or for the processor: apt install pocl-opencl-icd")
        : ok(AREA, "platforms", String.join(", ", usable));
  }

  private static boolean present(Host host, Libraries libraries, String library) {
    if (library.startsWith("/")) {
      return Files.exists(host.at(library));
    }
    Optional<Libraries.Found> found =
        library.isEmpty() ? Optional.empty() : libraries.exactly(library);
    return found.isPresent();
  }
}
