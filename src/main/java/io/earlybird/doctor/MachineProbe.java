package io.earlybird.doctor;

import static io.earlybird.doctor.Finding.missing;
import static io.earlybird.doctor.Finding.ok;
import static io.earlybird.doctor.Finding.warn;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Processor, own kernels, memory and disk. */
final class MachineProbe implements Probe {
  private static final String AREA = "machine";
  private static final double GIB = 1L << 30;

  /** A training run of the paper's networks with the data in memory stays below this. */
  private static final long COMFORTABLE_MEMORY = 4L << 30;

  /** Below this not even a small run fits. */
  private static final long LEAST_MEMORY = 1L << 30;

  /** Checkpoints, data and libraries of a first run. */
  private static final long COMFORTABLE_DISK = 2L << 30;

  private static final List<String> V2 =
      List.of("cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3");
  private static final List<String> V3 =
      List.of("avx2", "fma", "bmi1", "bmi2", "f16c", "abm", "movbe");
  private static final List<String> V4 =
      List.of("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl");
  private static final List<String> SHOWN =
      List.of(
          "sse4_2",
          "avx2",
          "fma",
          "avx512f",
          "avx512_vnni",
          "avx512_bf16",
          "avx_vnni",
          "amx_bf16",
          "amx_int8");

  private final Supplier<String> isa;
  private final int processors;

  /**
   * A probe.
   *
   * @param isa loads the kernels and names their instruction set
   * @param processors processors that this process may use
   */
  MachineProbe(Supplier<String> isa, int processors) {
    this.isa = isa;
    this.processors = processors;
  }

  @Override
  public List<Finding> look(Host host) {
    Set<String> flags = Set.of(cpuInfo(host, "flags").split("\\s+"));
    List<Finding> findings = new ArrayList<>();
    findings.add(processor(host, flags));
    findings.add(kernels(flags));
    findings.add(memory(host));
    findings.add(disk(host));
    return findings;
  }

  private Finding processor(Host host, Set<String> flags) {
    String model = cpuInfo(host, "model name");
    String detail =
        "%s, %d usable, %s: %s"
            .formatted(
                model.isEmpty() ? "model unknown" : model,
                processors,
                level(flags),
                String.join(" ", SHOWN.stream().filter(flags::contains).toList()));
    if (flags.size() > 1 && !flags.containsAll(V2)) {
      return missing(
              AREA, "processor", detail, "earlybird needs a processor with SSE 4.2 (x86-64-v2)")
          .asRequired();
    }
    return ok(AREA, "processor", detail).asRequired();
  }

  private static String level(Set<String> flags) {
    if (!flags.containsAll(V2)) {
      return "x86-64";
    }
    boolean v3 = flags.containsAll(V3);
    return v3 && flags.containsAll(V4) ? "x86-64-v4" : v3 ? "x86-64-v3" : "x86-64-v2";
  }

  private static String cpuInfo(Host host, String key) {
    return host.lines("/proc/cpuinfo").stream()
        .filter(line -> line.indexOf(':') > 0)
        .filter(line -> line.substring(0, line.indexOf(':')).strip().equals(key))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("");
  }

  private Finding kernels(Set<String> flags) {
    try {
      String name = isa.get();
      if (level(flags).compareTo(name) > 0) {
        return warn(
                AREA,
                "own kernels",
                name + ", though the processor has " + level(flags),
                "unset EARLYBIRD_ISA for the fastest kernels")
            .asRequired();
      }
      return ok(AREA, "own kernels", name + ", oneDNN for products").asRequired();
    } catch (EarlybirdException e) {
      return missing(
              AREA,
              "own kernels",
              e.getMessage(),
              "build again on this machine: rm -r .earlybird target, then ./earlybird doctor")
          .asRequired();
    }
  }

  private static Finding memory(Host host) {
    long total = kibibytes(host, "MemTotal:");
    long free = kibibytes(host, "MemAvailable:");
    if (total < 0 || free < 0) {
      return warn(AREA, "memory", "the system does not tell", "");
    }
    long limit = new MemoryLimit(host).bytes();
    String detail = String.format(Locale.ROOT, "%.1f GiB, %.1f GiB free", total / GIB, free / GIB);
    if (limit < total) {
      detail +=
          String.format(Locale.ROOT, ", limited to %.1f GiB by the control group", limit / GIB);
    }
    long usable = Math.min(free, limit);
    if (usable < LEAST_MEMORY) {
      return missing(AREA, "memory", detail, "at least 1 GiB must be free").asRequired();
    }
    return usable < COMFORTABLE_MEMORY
        ? warn(AREA, "memory", detail, "for VGG-16 in full width 4 GiB; else a smaller batch size")
            .asRequired()
        : ok(AREA, "memory", detail).asRequired();
  }

  private static long kibibytes(Host host, String key) {
    return host.lines("/proc/meminfo").stream()
        .filter(line -> line.startsWith(key))
        .flatMap(line -> Stream.of(line.replaceAll("\\D", "")))
        .filter(digits -> !digits.isEmpty() && digits.length() < 16)
        .mapToLong(digits -> Long.parseLong(digits) * 1024)
        .findFirst()
        .orElse(-1);
  }

  private static Finding disk(Host host) {
    String where = host.show(host.folder());
    try {
      long free = host.freeBytes(host.folder());
      String detail = String.format(Locale.ROOT, "%.1f GiB free in %s", free / GIB, where);
      if (!host.writable(host.folder())) {
        return warn(AREA, "disk", detail + ", not writable", "work in a folder of your own");
      }
      return free < COMFORTABLE_DISK
          ? warn(AREA, "disk", detail, "2 GiB hold the data and a run with its checkpoints")
          : ok(AREA, "disk", detail);
    } catch (IOException e) {
      return warn(AREA, "disk", where + ": the system does not tell", "");
    }
  }
}
