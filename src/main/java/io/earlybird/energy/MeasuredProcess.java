package io.earlybird.energy;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs a program with this process's input and output, and watches its processor time and memory.
 */
public final class MeasuredProcess {
  private static final long SAMPLE_MILLIS = 200;

  private MeasuredProcess() {}

  /**
   * How a program ended.
   *
   * @param exitCode its exit code
   * @param cpuSeconds processor time of it and of what it started, NaN if unknown
   * @param peakResidentBytes the most memory of all its processes together, sampled five times a
   *     second
   */
  public record Result(int exitCode, double cpuSeconds, long peakResidentBytes) {}

  /**
   * Runs a program to its end.
   *
   * @param command the program and its words
   * @throws EarlybirdException if it cannot be started, or this thread was interrupted
   */
  public static Result run(List<String> command) {
    double before = childSeconds();
    Process process;
    try {
      process = new ProcessBuilder(command).inheritIO().start();
    } catch (IOException e) {
      throw new EarlybirdException(
          command.get(0) + ": cannot be started: " + e.getMessage(), 127, e);
    }
    try {
      long peak = resident(process);
      while (!process.waitFor(SAMPLE_MILLIS, TimeUnit.MILLISECONDS)) {
        peak = Math.max(peak, resident(process));
      }
      return new Result(process.exitValue(), childSeconds() - before, peak);
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new EarlybirdException("interrupted while " + command.get(0) + " ran", e);
    }
  }

  private static double childSeconds() {
    return ProcessUsage.now().map(ProcessUsage::childCpuSeconds).orElse(Double.NaN);
  }

  private static long resident(Process process) {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants())
        .map(p -> ProcessUsage.of(Path.of("/proc", Long.toString(p.pid()))))
        .flatMap(Optional::stream)
        .mapToLong(ProcessUsage::residentBytes)
        .sum();
  }
}
