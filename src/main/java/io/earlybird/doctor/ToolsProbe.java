package io.earlybird.doctor;

import static io.earlybird.doctor.Finding.missing;
import static io.earlybird.doctor.Finding.ok;
import static io.earlybird.doctor.Finding.warn;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The tools that build earlybird after its sources changed. */
final class ToolsProbe implements Probe {
  private static final String AREA = "build";
  private static final int JDK = 17;

  private final String javaVersion;
  private final Path javaHome;

  /**
   * A probe.
   *
   * @param javaVersion version of the Java that runs this
   * @param javaHome its folder
   */
  ToolsProbe(String javaVersion, Path javaHome) {
    this.javaVersion = javaVersion;
    this.javaHome = javaHome;
  }

  @Override
  public List<Finding> look(Host host) {
    List<Finding> findings = new ArrayList<>();
    findings.add(jdk(host));
    findings.add(tool(host, "Maven", "mvn", "maven", "-version"));
    findings.add(tool(host, "CMake", "cmake", "cmake", "--version"));
    findings.add(tool(host, "Make", "make", "make", "--version"));
    findings.add(compiler(host));
    findings.add(nvcc(host));
    return findings;
  }

  private Finding jdk(Host host) {
    String detail = javaVersion + " in " + javaHome;
    if (Files.isExecutable(javaHome.resolve("bin/javac"))) {
      return ok(AREA, "JDK", detail);
    }
    Optional<Path> javac = host.tool("javac");
    return javac.isPresent()
        ? ok(AREA, "JDK", javaVersion + " runs this; " + host.show(javac.get()) + " compiles")
        : missing(
            AREA,
            "JDK",
            detail + " has no compiler",
            "to build: apt install openjdk-" + JDK + "-jdk-headless, or set JAVA_HOME");
  }

  private static Finding tool(
      Host host, String name, String command, String debian, String versionOption) {
    Optional<Path> path = host.tool(command);
    if (path.isEmpty()) {
      return missing(AREA, name, command + " is not on PATH", "to build: apt install " + debian);
    }
    String version = host.version(path.get(), versionOption);
    String place = host.show(path.get());
    return version.isEmpty()
        ? warn(AREA, name, place + " does not start", "to build: apt install --reinstall " + debian)
        : ok(AREA, name, version + ", " + place);
  }

  private static Finding compiler(Host host) {
    String chosen = host.variable("CXX");
    for (String command : chosen.isEmpty() ? List.of("c++", "g++", "clang++") : List.of(chosen)) {
      Optional<Path> path =
          command.startsWith("/") ? Optional.of(host.at(command)) : host.tool(command);
      if (path.isPresent() && Files.isExecutable(path.get())) {
        String version = host.version(path.get(), "--version");
        return ok(AREA, "C++17 compiler", version + ", " + host.show(path.get()));
      }
    }
    String detail = chosen.isEmpty() ? "no c++ on PATH" : "CXX=" + chosen + " is not there";
    return missing(AREA, "C++17 compiler", detail, "to build: apt install g++");
  }

  /** CUDA's compiler, on PATH or where CUDA's own packages put it. */
  private static Finding nvcc(Host host) {
    List<Path> places = new ArrayList<>(host.tool("nvcc").stream().toList());
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      host.folders(variable).forEach(folder -> places.add(folder.resolve("bin/nvcc")));
    }
    places.addAll(host.matching("/usr/local/cuda*/bin/nvcc"));
    for (Path place : places) {
      if (Files.isExecutable(place)) {
        return ok(AREA, "nvcc", host.version(place, "--version") + ", " + host.show(place));
      }
    }
    return missing(
        AREA,
        "nvcc",
        "neither on PATH nor in /usr/local/cuda*",
        "only to build kernels for NVIDIA GPUs: the cuda-toolkit package of NVIDIA, 13.0 or later");
  }
}
