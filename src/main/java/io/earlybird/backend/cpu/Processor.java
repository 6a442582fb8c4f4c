package io.earlybird.backend.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The processor's name and features. */
final class Processor {
  private static final String KEY = "model name";

  private Processor() {}

  /** Model name as the system gives it, or the architecture where it gives none. */
  static String model() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith(KEY) && line.indexOf(':') > 0)
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .filter(name -> !name.isEmpty())
          .findFirst()
          .orElseGet(Processor::architecture);
    } catch (IOException e) {
      return architecture();
    }
  }

  /** Whether the system lists a feature among the processor's flags. */
  static boolean has(String flag) {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .map(line -> (line + " ").contains(" " + flag + " "))
          .orElse(false);
    } catch (IOException e) {
      return false;
    }
  }

  private static String architecture() {
    return System.getProperty("os.arch");
  }
}
