package io.earlybird.bench.peer;

import io.earlybird.EarlybirdException;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A peer's Maven module, built when it is first wanted. It is no dependency of the product. */
final class PeerBuild {
  private PeerBuild() {}

  /**
   * The class path of a built peer.
   *
   * @param module folder with its {@code pom.xml}
   * @throws EarlybirdException if there is no such module or Maven fails, with the last of its
   *     lines
   */
  static String classPath(Path module) {
    if (!Files.isRegularFile(module.resolve("pom.xml"))) {
      throw new EarlybirdException(
          "no peer in "
              + module.toAbsolutePath()
              + ": run it from the sources' root, or say --peer-dir FOLDER");
    }
    Path target = module.resolve("target");
    if (jar(target) == null || !Files.isDirectory(target.resolve("lib"))) {
      build(module);
    }
    Path jar = jar(target);
    if (jar == null) {
      throw new EarlybirdException("Maven made no jar in " + target);
    }
    return jar + File.pathSeparator + target.resolve("lib") + File.separator + "*";
  }

  private static Path jar(Path target) {
    if (!Files.isDirectory(target)) {
      return null;
    }
    try (Stream<Path> files = Files.list(target)) {
      return files.filter(f -> f.toString().endsWith(".jar")).findFirst().orElse(null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void build(Path module) {
    try {
      Process maven =
          new ProcessBuilder(List.of("mvn", "-B", "-q", "package"))
              .directory(module.toFile())
              .redirectErrorStream(true)
              .start();
      List<String> output = maven.inputReader().lines().toList();
      if (maven.waitFor() != 0) {
        throw new EarlybirdException(
            "the peer in "
                + module
                + " could not be built: "
                + output.stream().filter(l -> l.contains("ERROR")).findFirst().orElse("no output"));
      }
    } catch (IOException e) {
      throw new EarlybirdException("the peer cannot be built: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EarlybirdException("interrupted while the peer was built", e);
    }
  }
}
