package io.earlybird.doctor;

import static io.earlybird.doctor.Finding.ok;
import static io.earlybird.doctor.Finding.warn;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What earlybird keeps between runs: measured kernel choices and unpacked libraries. */
final class CacheProbe implements Probe {
  private static final String AREA = "caches";

  private final String javacpp;

  /**
   * A probe.
   *
   * @param javacpp the folder that JavaCPP was told to unpack libraries to, or an empty text
   */
  CacheProbe(String javacpp) {
    this.javacpp = javacpp;
  }

  @Override
  public List<Finding> look(Host host) {
    String xdg = host.variable("XDG_CACHE_HOME");
    Path base = xdg.startsWith("/") ? host.at(xdg) : host.home().resolve(".cache");
    Path libraries = javacpp.isEmpty() ? host.home().resolve(".javacpp/cache") : host.at(javacpp);
    return List.of(
        cache(host, "kernel choices", base.resolve("earlybird"), "set XDG_CACHE_HOME to a folder"),
        cache(
            host,
            "unpacked libraries",
            libraries,
            "name a folder: EARLYBIRD_JAVA_OPTS=-Dorg.bytedeco.javacpp.cachedir=FOLDER"));
  }

  private static Finding cache(Host host, String name, Path folder, String otherwise) {
    String place = host.show(folder);
    Path existing = folder;
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    if (!host.writable(existing)) {
      return warn(AREA, name, place + " cannot be written", otherwise + " you may write");
    }
    return ok(
        AREA, name, Files.isDirectory(folder) ? size(folder) + " in " + place : place + " (empty)");
  }

  private static String size(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      long bytes = files.filter(Files::isRegularFile).mapToLong(CacheProbe::bytes).sum();
      return (bytes + (1 << 20) - 1 >> 20) + " MiB";
    } catch (IOException | UncheckedIOException e) {
      return "an unknown amount";
    }
  }

  private static long bytes(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0; // removed meanwhile
    }
  }
}
