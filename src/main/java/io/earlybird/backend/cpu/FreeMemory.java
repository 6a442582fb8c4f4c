package io.earlybird.backend.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How much memory this process may still take: the machine's, and its control group's. */
final class FreeMemory {
  private static final String LIMIT = "memory.max";

  private FreeMemory() {}

  /** Free bytes; {@link Long#MAX_VALUE} where the system does not tell. */
  static long bytes() {
    return bytes(Path.of("/proc"), Path.of("/sys/fs/cgroup"));
  }

  /** The same with the two file systems elsewhere. */
  static long bytes(Path proc, Path cgroups) {
    long free = field(proc.resolve("meminfo"), "MemAvailable:", 1024);
    if (free < 0) {
      free = Long.MAX_VALUE;
    }
    for (Path group = group(proc, cgroups); group.startsWith(cgroups); group = group.getParent()) {
      free = Math.min(free, groupFree(group));
    }
    return Math.max(0, free);
  }

  /** The process's own group in a unified hierarchy ({@code 0::/path}), or its root. */
  private static Path group(Path proc, Path cgroups) {
    for (String line : lines(proc.resolve("self/cgroup"))) {
      if (line.startsWith("0::/")) {
        return cgroups.resolve(line.substring("0::/".length())).normalize();
      }
    }
    return cgroups;
  }

  /** Limit minus use, where what the group only caches from files counts as free. */
  private static long groupFree(Path group) {
    long limit = number(group.resolve(LIMIT));
    if (limit < 0) {
      return Long.MAX_VALUE;
    }
    long used = Math.max(0, number(group.resolve("memory.current")));
    long cached = Math.max(0, field(group.resolve("memory.stat"), "inactive_file ", 1));
    return limit - Math.max(0, used - cached);
  }

  /** The number after {@code key} times {@code unit}, or -1. */
  private static long field(Path file, String key, long unit) {
    for (String line : lines(file)) {
      if (line.startsWith(key)) {
        return parse(line.substring(key.length())) * unit;
      }
    }
    return -1;
  }

  private static long number(Path file) {
    List<String> lines = lines(file);
    return lines.isEmpty() ? -1 : parse(lines.get(0));
  }

  private static long parse(String text) {
    String digits = text.strip().split("\\s")[0];
    return digits.matches("\\d{1,18}") ? Long.parseLong(digits) : -1;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of(); // not this kind of system: no limit known
    }
  }
}
