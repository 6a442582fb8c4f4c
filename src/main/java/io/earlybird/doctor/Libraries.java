package io.earlybird.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds shared libraries as files, without loading them. */
final class Libraries {
  private static final String MULTIARCH = "x86_64-linux-gnu";
  private static final Pattern NUMBERS = Pattern.compile("\\.so\\.([0-9.]+)$");

  private final Host host;
  private final List<Path> known;
  private final List<Path> others;

  /**
   * A library that was found.
   *
   * @param path the file, as it is called for the loader
   * @param version its version, as exactly as names tell
   * @param known whether the loader looks in its folder by itself
   */
  record Found(Path path, String version, boolean known) {
    /** The first number of the version. */
    String major() {
      return version.split("\\.")[0];
    }
  }

  Libraries(Host host) {
    this.host = host;
    Set<Path> loader = new LinkedHashSet<>(host.folders("LD_LIBRARY_PATH"));
    for (Path file : host.matching("/etc/ld.so.conf.d/*.conf")) {
      host.lines(host.show(file)).stream()
          .map(String::strip)
          .filter(line -> line.startsWith("/"))
          .forEach(line -> loader.add(host.at(line)));
    }
    for (String place : List.of("/lib/" + MULTIARCH, "/usr/lib/" + MULTIARCH)) {
      loader.add(host.at(place));
    }
    for (String place : List.of("/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/lib/wsl/lib")) {
      loader.add(host.at(place));
    }
    known = List.copyOf(loader);
    others = List.copyOf(otherFolders());
  }

  /** Folders of CUDA itself and of Python environments, where the loader does not look. */
  private Set<Path> otherFolders() {
    Set<Path> folders = new LinkedHashSet<>();
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      host.folders(variable).forEach(folder -> folders.add(folder.resolve("lib64")));
    }
    folders.addAll(host.matching("/usr/local/cuda*/lib64"));
    folders.addAll(host.matching("/usr/local/cuda*/targets/x86_64-linux/lib"));
    List<Path> environments = new ArrayList<>();
    environments.addAll(host.folders("VIRTUAL_ENV"));
    environments.addAll(host.folders("CONDA_PREFIX"));
    environments.add(host.home().resolve(".local"));
    environments.add(host.at("/usr/local"));
    environments.add(host.at("/usr"));
    for (Path environment : environments) {
      String place = host.show(environment);
      folders.addAll(host.matching(place + "/lib/python3*/site-packages/nvidia/*/lib"));
      folders.addAll(host.matching(place + "/lib/python3*/dist-packages/nvidia/*/lib"));
    }
    return folders;
  }

  /**
   * Finds a library.
   *
   * @param name such as {@code libcudnn}
   * @param major the major version that is wanted; any other is found only if that one is nowhere
   */
  Optional<Found> find(String name, String major) {
    Optional<Found> exact = exactly(name + ".so." + major);
    return exact.isPresent() ? exact : anyOf(name);
  }

  /** Finds a library by its full name, such as {@code libcuda.so.1}. */
  Optional<Found> exactly(String file) {
    for (List<Path> folders : List.of(known, others)) {
      for (Path folder : folders) {
        Path path = folder.resolve(file);
        if (Files.exists(path)) {
          return Optional.of(new Found(path, version(path), folders == known));
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Found> anyOf(String name) {
    for (List<Path> folders : List.of(known, others)) {
      for (Path folder : folders) {
        List<Path> files = host.matching(host.show(folder) + "/" + name + ".so.*");
        if (!files.isEmpty()) {
          Path path = files.get(0);
          return Optional.of(new Found(path, version(path), folders == known));
        }
      }
    }
    return Optional.empty();
  }

  /** The longer of what the file's own name says and what the Python package beside it says. */
  private String version(Path path) {
    String version = numbers(path);
    try {
      String real = numbers(path.toRealPath());
      version = real.length() > version.length() ? real : version;
    } catch (IOException e) {
      // The name at hand has to do.
    }
    String packaged = packageVersion(path);
    return packaged.startsWith(version) && !packaged.isEmpty() ? packaged : version;
  }

  private static String numbers(Path path) {
    Matcher matcher = NUMBERS.matcher(path.getFileName().toString());
    return matcher.find() ? matcher.group(1) : "";
  }

  /**
   * For {@code …/nvidia/cudnn/lib/libcudnn.so.9}: what {@code nvidia_cudnn_cu13-9.1.dist-info}
   * says.
   */
  private String packageVersion(Path path) {
    Path packages = ancestor(path, 4);
    if (packages == null || !packages.getFileName().toString().endsWith("-packages")) {
      return "";
    }
    String part = path.getParent().getParent().getFileName().toString().toLowerCase(Locale.ROOT);
    for (Path info : host.matching(host.show(packages) + "/nvidia_" + part + "*.dist-info")) {
      String name = info.getFileName().toString();
      return name.substring(name.indexOf('-') + 1, name.length() - ".dist-info".length());
    }
    return "";
  }

  private static Path ancestor(Path path, int levels) {
    Path at = path;
    for (int i = 0; i < levels && at != null; i++) {
      at = at.getParent();
    }
    return at;
  }
}
