package io.earlybird.doctor;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The machine as the probes see it: its files, environment and tools. Absolute paths are taken
 * below a root, which tests set to a folder of their own.
 */
class Host {
  private static final int TOOL_SECONDS = 20;
  private static final Pattern VERSION = Pattern.compile("\\d+\\.\\d+(\\.\\d+)*");

  private final Path root;
  private final Map<String, String> environment;
  private final Path home;
  private final Path folder;

  /**
   * A machine.
   *
   * @param root what counts as {@code /}
   * @param environment the environment variables
   * @param home the user's folder, as seen from the root
   * @param folder the folder that is worked in, as seen from the root
   */
  Host(Path root, Map<String, String> environment, Path home, Path folder) {
    this.root = root;
    this.environment = Map.copyOf(environment);
    this.home = home;
    this.folder = folder;
  }

  /** The machine that this process runs on. */
  static Host here() {
    return new Host(
        Path.of("/"),
        System.getenv(),
        Path.of(System.getProperty("user.home")).toAbsolutePath(),
        Path.of("").toAbsolutePath());
  }

  /** Where an absolute path lies. */
  Path at(String path) {
    return root.resolve(path.replaceFirst("^/+", ""));
  }

  /** The path as the machine calls it. */
  String show(Path path) {
    return root.equals(Path.of("/")) ? path.toString() : "/" + root.relativize(path);
  }

  /** Where the user's folder lies. */
  Path home() {
    return at(home.toString());
  }

  /** Where the folder lies that is worked in. */
  Path folder() {
    return at(folder.toString());
  }

  /** An environment variable, or an empty text. */
  String variable(String name) {
    return environment.getOrDefault(name, "");
  }

  /** Folders in a variable such as {@code PATH}. */
  List<Path> folders(String variable) {
    List<Path> folders = new ArrayList<>();
    for (String name : variable(variable).split(File.pathSeparator)) {
      if (name.startsWith("/")) {
        try {
          folders.add(at(name));
        } catch (InvalidPathException e) {
          // Not a folder, so nothing is in it.
        }
      }
    }
    return folders;
  }

  /**
   * The text of a file.
   *
   * @throws IOException if it is not there or may not be read
   */
  String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  /** The lines of a file; none if it cannot be read. */
  List<String> lines(String path) {
    try {
      return read(at(path)).lines().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Whether files can be made in a folder. */
  boolean writable(Path place) {
    return Files.isWritable(place);
  }

  /**
   * Bytes that may still be written below a folder.
   *
   * @throws IOException if there is no such folder
   */
  long freeBytes(Path place) throws IOException {
    if (!Files.isDirectory(place)) {
      throw new NoSuchFileException(place.toString());
    }
    // Not by FileStore, which looks for the mount point and finds none in a changed root.
    return place.toFile().getUsableSpace();
  }

  /**
   * Files and folders that match a pattern, sorted by name. Every part of the path may hold {@code
   * *}; folders that may not be read hold nothing.
   */
  List<Path> matching(String pattern) {
    List<Path> found = List.of(root);
    for (String part : pattern.replaceFirst("^/+", "").split("/")) {
      List<Path> next = new ArrayList<>();
      for (Path place : found) {
        if (part.contains("*")) {
          next.addAll(children(place, part));
        } else if (Files.exists(place.resolve(part))) {
          next.add(place.resolve(part));
        }
      }
      found = next;
    }
    return found;
  }

  private static List<Path> children(Path folder, String glob) {
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> stream =
        Files.newDirectoryStream(folder, path -> matcher.matches(path.getFileName()))) {
      stream.forEach(found::add);
    } catch (IOException | UncheckedIOException | java.nio.file.DirectoryIteratorException e) {
      return List.of();
    }
    found.sort(null);
    return found;
  }

  /** The first executable of that name on {@code PATH}. */
  Optional<Path> tool(String name) {
    return folders("PATH").stream()
        .map(folder -> folder.resolve(name))
        .filter(path -> Files.isRegularFile(path) && Files.isExecutable(path))
        .findFirst();
  }

  /** The version that a tool states; empty if it does not start or states none. */
  String version(Path tool, String... arguments) {
    List<String> command = new ArrayList<>(List.of(tool.toString()));
    command.addAll(List.of(arguments));
    try {
      Path output = Files.createTempFile("earlybird-version", ".txt");
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(TOOL_SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly();
          return "";
        }
        return firstVersion(new String(Files.readAllBytes(output), StandardCharsets.UTF_8));
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  /** What looks like a version number in a text; a text after "release" or "version" first. */
  static String firstVersion(String text) {
    Matcher stated = Pattern.compile("(?:release|version) (" + VERSION + ")").matcher(text);
    if (stated.find()) {
      return stated.group(1);
    }
    Matcher any = VERSION.matcher(text);
    return any.find() ? any.group() : "";
  }
}
