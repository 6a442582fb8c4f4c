package io.earlybird.energy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Processor time and memory of a process, as Linux counts them.
 *
 * @param cpuSeconds of all its threads, user and system
 * @param childCpuSeconds of children that have ended and were waited for
 * @param residentBytes memory now
 * @param peakResidentBytes the most memory so far
 */
public record ProcessUsage(
    double cpuSeconds, double childCpuSeconds, long residentBytes, long peakResidentBytes) {
  /** Ticks per second in {@code /proc/PID/stat}: USER_HZ, 100 on x86-64. */
  private static final double TICKS = 100;

  private static final int AFTER_NAME_UTIME = 11;

  /** Of this process; empty where there is no {@code /proc}. */
  public static Optional<ProcessUsage> now() {
    return of(Path.of("/proc/self"));
  }

  /** Of the process whose folder below {@code /proc} this is; empty if it is gone. */
  public static Optional<ProcessUsage> of(Path proc) {
    try {
      String stat = Files.readString(proc.resolve("stat"));
      // The name stands in parentheses and may hold anything; fields are counted after it.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      long resident = 0;
      long peak = 0;
      for (String line : Files.readAllLines(proc.resolve("status"))) {
        if (line.startsWith("VmRSS:")) {
          resident = kibibytes(line);
        } else if (line.startsWith("VmHWM:")) {
          peak = kibibytes(line);
        }
      }
      int u = AFTER_NAME_UTIME;
      return Optional.of(
          new ProcessUsage(
              (ticks(fields[u]) + ticks(fields[u + 1])) / TICKS,
              (ticks(fields[u + 2]) + ticks(fields[u + 3])) / TICKS,
              resident,
              peak));
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  private static double ticks(String field) {
    return Long.parseLong(field);
  }

  private static long kibibytes(String line) {
    return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
  }
}
