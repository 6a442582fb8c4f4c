package io.earlybird.bench.peer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a program said last: the line of a Python failure that tells why. */
final class LastLine {
  private LastLine() {}

  /** The last line of a file that is not empty, or that it said nothing. */
  static String of(Path file) {
    try {
      List<String> lines =
          Files.readAllLines(file, StandardCharsets.UTF_8).stream()
              .filter(l -> !l.isBlank())
              .toList();
      return lines.isEmpty() ? "it said nothing" : lines.get(lines.size() - 1);
    } catch (IOException e) {
      return "what it said cannot be read: " + e.getMessage();
    }
  }
}
