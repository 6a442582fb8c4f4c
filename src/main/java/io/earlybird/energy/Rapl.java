package io.earlybird.energy;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * The processor's energy counters (RAPL) through Linux's powercap: packages and their memory, of
 * every socket. Cores and graphics are parts of a package and not counted; psys is metered beside
 * the packages and never added to them (see {@link Scope#total}).
 */
final class Rapl {
  /** Where the kernel shows the counters. */
  static final Path POWERCAP = Path.of("/sys/class/powercap");

  /** A rule that lets everybody read the counters, from the next start on. */
  static final String UDEV_RULE =
      "SUBSYSTEM==\"powercap\", ACTION==\"add\", KERNEL==\"intel-rapl:*\","
          + " RUN+=\"/bin/chmod a+r /sys%p/energy_uj\"";

  private Rapl() {}

  /**
   * Opens the counters.
   *
   * @param powercap normally {@link #POWERCAP}
   * @param clock nanoseconds
   */
  static Meters open(Path powercap, LongSupplier clock) {
    Map<String, Path> zones = zones(powercap, "intel-rapl");
    if (zones.isEmpty()) {
      // The same counters on another bus; both would count twice.
      zones = zones(powercap, "intel-rapl-mmio");
    }
    if (zones.isEmpty()) {
      return Meters.missing(
          "processor (RAPL)",
          "no domain in "
              + powercap
              + ": usual in virtual machines; on a bare machine: modprobe intel_rapl_msr");
    }
    List<EnergyMeter> found = new ArrayList<>();
    for (Map.Entry<String, Path> zone : zones.entrySet()) {
      try {
        add(found, zone.getKey(), zone.getValue(), zones, clock);
      } catch (AccessDeniedException e) {
        return denied(zone.getValue(), powercap);
      } catch (IOException e) {
        return Meters.missing("processor (RAPL)", e.getMessage());
      }
    }
    return new Meters(found, Map.of());
  }

  private static void add(
      List<EnergyMeter> found, String id, Path zone, Map<String, Path> zones, LongSupplier clock)
      throws IOException {
    String name = Files.readString(zone.resolve("name")).strip();
    if (name.startsWith("package")) {
      found.add(new RaplMeter("rapl " + name, Scope.PROCESSOR, zone, clock));
    } else if (name.equals("psys")) {
      found.add(new RaplMeter("rapl psys", Scope.PLATFORM, zone, clock));
    } else if (name.equals("dram")) {
      Path parent = zones.get(id.substring(0, id.lastIndexOf(':')));
      String of = parent == null ? id : Files.readString(parent.resolve("name")).strip();
      found.add(new RaplMeter("rapl " + of + " dram", Scope.MEMORY, zone, clock));
    }
  }

  /** Folders of a control type's zones by their id, such as {@code intel-rapl:0:1}. */
  private static Map<String, Path> zones(Path powercap, String type) {
    Map<String, Path> zones = new TreeMap<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(powercap, type + ":*")) {
      for (Path zone : all) {
        if (Files.exists(zone.resolve("energy_uj"))) {
          zones.put(zone.getFileName().toString(), zone);
        }
      }
    } catch (IOException e) {
      return Map.of();
    }
    return zones;
  }

  /** No meters, since this domain may not be read, and the lines that mend it. */
  static Meters denied(Path zone, Path powercap) {
    String reason =
        "no permission to read "
            + zone.resolve("energy_uj")
            + ": sudo chmod a+r "
            + powercap
            + "/intel-rapl:*/energy_uj (until the next start), or for good the line "
            + UDEV_RULE
            + " in /etc/udev/rules.d/70-powercap.rules";
    return Meters.missing("processor (RAPL)", reason);
  }
}
