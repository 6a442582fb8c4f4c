package io.earlybird.backend.cuda;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The folders in which NVIDIA's libraries are looked for, in this order: the system property
 * {@value #PROPERTY}, {@code LD_LIBRARY_PATH}, the CUDA toolkit, the system's folders, and Python
 * environments (active ones, and that of the {@code python3} on the path), whose packages keep them
 * in {@code site-packages/nvidia/.../lib}.
 */
final class CudaLibraryPath {
  /** System property with further folders, separated as on the class path; they come first. */
  static final String PROPERTY = "earlybird.cuda.path";

  private static final List<String> DRIVER =
      List.of("/usr/local/nvidia/lib64", "/usr/lib/wsl/lib", "/run/opengl-driver/lib");

  private static final List<String> SYSTEM =
      List.of("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib", "/usr/local/lib");

  private final List<Path> folders;

  private CudaLibraryPath(Set<Path> folders) {
    this.folders = List.copyOf(folders);
  }

  /** The folders of this machine that exist. */
  static CudaLibraryPath ofThisMachine() {
    return of(System.getProperty(PROPERTY, ""), System.getenv(), Path.of("/"));
  }

  /**
   * The folders that exist.
   *
   * @param first folders that come first, separated as on the class path
   * @param environment the environment variables
   * @param root where absolute folders that are not named by the environment begin
   */
  static CudaLibraryPath of(String first, Map<String, String> environment, Path root) {
    Set<Path> found = new LinkedHashSet<>();
    addAll(found, first);
    addAll(found, environment.getOrDefault("LD_LIBRARY_PATH", ""));
    for (String toolkit : List.of("CUDA_HOME", "CUDA_PATH")) {
      String home = environment.getOrDefault(toolkit, "");
      if (!home.isBlank()) {
        add(found, Path.of(home, "lib64"));
      }
    }
    add(found, root.resolve("usr/local/cuda/lib64"));
    matching(root.resolve("usr/local"), "cuda-13*").forEach(f -> add(found, f.resolve("lib64")));
    DRIVER.forEach(folder -> add(found, under(root, folder)));
    configured(root.resolve("etc/ld.so.conf.d")).forEach(f -> add(found, under(root, f)));
    SYSTEM.forEach(folder -> add(found, under(root, folder)));
    pythonPackages(environment, root).forEach(packages -> addNvidia(found, packages));
    return new CudaLibraryPath(found);
  }

  /** The first folder's file of this name. */
  Optional<Path> find(String name) {
    return folders.stream().map(f -> f.resolve(name)).filter(Files::isRegularFile).findFirst();
  }

  private static Path under(Path root, String absolute) {
    return root.resolve(absolute.substring(1));
  }

  private static void addAll(Set<Path> found, String list) {
    for (String folder : list.split(File.pathSeparator)) {
      if (!folder.isBlank()) {
        add(found, Path.of(folder));
      }
    }
  }

  private static void add(Set<Path> found, Path folder) {
    if (Files.isDirectory(folder)) {
      found.add(folder.toAbsolutePath().normalize());
    }
  }

  /** Folders that the dynamic linker is configured to search. */
  private static List<String> configured(Path folder) {
    List<String> folders = new ArrayList<>();
    for (Path file : matching(folder, "*.conf")) {
      try {
        Files.readAllLines(file).stream()
            .map(String::strip)
            .filter(l -> l.startsWith("/"))
            .forEach(folders::add);
      } catch (IOException e) {
        // Unreadable configuration names no folder.
      }
    }
    return folders;
  }

  /** Folders with Python packages, of active environments first. */
  private static List<Path> pythonPackages(Map<String, String> environment, Path root) {
    Set<Path> prefixes = new LinkedHashSet<>();
    for (String active : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
      String prefix = environment.getOrDefault(active, "");
      if (!prefix.isBlank()) {
        prefixes.add(Path.of(prefix));
      }
    }
    for (String folder : environment.getOrDefault("PATH", "").split(File.pathSeparator)) {
      if (!folder.isBlank() && Files.isExecutable(Path.of(folder, "python3"))) {
        Path parent = Path.of(folder).toAbsolutePath().normalize().getParent();
        if (parent != null) {
          prefixes.add(parent);
        }
      }
    }
    prefixes.add(root.resolve("usr/local"));
    prefixes.add(root.resolve("usr"));
    List<Path> packages = new ArrayList<>();
    for (Path prefix : prefixes) {
      for (Path python : matching(prefix.resolve("lib"), "python3*")) {
        packages.add(python.resolve("site-packages"));
        packages.add(python.resolve("dist-packages"));
      }
    }
    return packages;
  }

  /** The library folders of NVIDIA's Python packages; newer CUDA packages share one. */
  private static void addNvidia(Set<Path> found, Path packages) {
    matching(packages.resolve("nvidia"), "*").forEach(p -> add(found, p.resolve("lib")));
  }

  /** Entries of a folder that match a pattern, in alphabetical order; none if it does not exist. */
  static List<Path> matching(Path folder, String pattern) {
    List<Path> entries = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, pattern)) {
        stream.forEach(entries::add);
      } catch (IOException e) {
        return List.of();
      }
    }
    entries.sort(null);
    return entries;
  }
}
