package io.earlybird.backend;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;

/**
 * Remembers on disk which kernels were measured to be fastest, so that a later run takes the same
 * ones and gives the same bits. One file per device and library version. It is a cache: when it
 * cannot be read or written, kernels are measured again.
 */
public final class KernelCache {
  /** System property that names the folder of caches. */
  static final String PROPERTY = "earlybird.cache";

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Path file;

  /**
   * A cache.
   *
   * @param device what the choices are valid for: backend, processor, library versions
   */
  KernelCache(String device) {
    String name = device.replaceAll("[^A-Za-z0-9.]+", "-");
    file = folder().resolve("kernels-" + name + ".json");
  }

  /** Folder of what is remembered on this machine. */
  public static Path folder() {
    String named = System.getProperty(PROPERTY, "");
    if (!named.isBlank()) {
      return Path.of(named);
    }
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path base =
        xdg == null || xdg.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(xdg);
    return base.resolve("earlybird");
  }

  /** The choices remembered, by a description of op, shapes and threads. */
  Map<String, String> read() {
    if (!Files.isRegularFile(file)) {
      return Map.of();
    }
    try {
      return JSON.readValue(file.toFile(), new TypeReference<Map<String, String>>() {});
    } catch (IOException e) {
      return Map.of();
    }
  }

  /** Adds choices; those that are remembered already stay as they are. */
  void add(Map<String, String> choices) {
    Map<String, String> all = new TreeMap<>(choices);
    all.putAll(read());
    if (all.equals(read())) {
      return;
    }
    Path temporary = file.resolveSibling(file.getFileName() + "." + ProcessHandle.current().pid());
    try {
      Files.createDirectories(file.getParent());
      Files.write(temporary, JSON.writeValueAsBytes(all));
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      removeQuietly(temporary);
    }
  }

  private static void removeQuietly(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // Nothing depends on it.
    }
  }
}
