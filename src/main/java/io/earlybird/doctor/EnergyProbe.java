package io.earlybird.doctor;

import static io.earlybird.doctor.Finding.missing;
import static io.earlybird.doctor.Finding.ok;
import static io.earlybird.doctor.Finding.warn;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The meters that energy can be read from. */
final class EnergyProbe implements Probe {
  private static final String AREA = "energy";
  private static final String DOMAINS = "/sys/class/powercap/intel-rapl:*/energy_uj";

  @Override
  public List<Finding> look(Host host) {
    return List.of(powercap(host), nvml(host));
  }

  private static Finding powercap(Host host) {
    List<Path> meters = host.matching(DOMAINS);
    if (meters.isEmpty()) {
      return missing(
          AREA,
          "processor (RAPL)",
          "no domain in /sys/class/powercap",
          "usual in virtual machines; on a bare machine: modprobe intel_rapl_msr");
    }
    List<String> readable = new ArrayList<>();
    for (Path meter : meters) {
      try {
        host.read(meter);
        String zone = meter.getParent().getFileName().toString();
        readable.add(
            host.lines(host.show(meter.resolveSibling("name"))).stream().findFirst().orElse(zone));
      } catch (IOException e) {
        // Counted as a meter that may not be read.
      }
    }
    if (readable.size() < meters.size()) {
      return warn(
          AREA,
          "processor (RAPL)",
          "%d of %d meters may not be read"
              .formatted(meters.size() - readable.size(), meters.size()),
          "sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj (until the next start)");
    }
    return ok(AREA, "processor (RAPL)", String.join(", ", readable));
  }

  private static Finding nvml(Host host) {
    Optional<Libraries.Found> found = new Libraries(host).exactly("libnvidia-ml.so.1");
    return found.isPresent()
        ? ok(AREA, "GPU (NVML)", host.show(found.get().path()))
        : missing(AREA, "GPU (NVML)", "no libnvidia-ml.so.1", "it comes with NVIDIA's driver");
  }
}
