package io.earlybird.doctor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** A machine made of files below a folder. */
final class Machine {
  private final Path root;
  private final Map<String, String> environment = new HashMap<>(Map.of("PATH", "/usr/bin"));
  private final Set<Path> denied = new HashSet<>();
  private long freeBytes = 100L << 30;

  Machine(Path root) throws IOException {
    this.root = root;
    Files.createDirectories(root.resolve("home/ada/work"));
  }

  Machine file(String path, String... lines) {
    try {
      Path file = root.resolve(path.substring(1));
      Files.createDirectories(file.getParent());
      Files.writeString(file, String.join("\n", lines) + "\n");
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A tool that prints a line. */
  Machine tool(String path, String says) {
    file(path, "#!/bin/sh", "echo '" + says + "'");
    root.resolve(path.substring(1)).toFile().setExecutable(true);
    return this;
  }

  Machine set(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** A file that may not be read, or a folder that may not be written. */
  Machine deny(String path) {
    denied.add(root.resolve(path.substring(1)));
    return this;
  }

  Machine withFreeBytes(long bytes) {
    freeBytes = bytes;
    return this;
  }

  Host host() {
    return new Host(root, environment, Path.of("/home/ada"), Path.of("/home/ada/work")) {
      @Override
      String read(Path file) throws IOException {
        if (denied.contains(file)) {
          throw new AccessDeniedException(file.toString());
        }
        return super.read(file);
      }

      @Override
      boolean writable(Path place) {
        return !denied.contains(place) && super.writable(place);
      }

      @Override
      long freeBytes(Path place) {
        return freeBytes;
      }
    };
  }
}
