package io.earlybird.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Finds the folder of recorded cases and reads the plain things in it. */
public final class GoldenFolder {
  /** System property that names the folder. */
  public static final String PROPERTY = "earlybird.golden";

  private static final ObjectMapper JSON = new ObjectMapper();

  private GoldenFolder() {}

  /**
   * The folder in use: the one named by the property (which must exist), else {@code
   * ../shared/golden}, else the small copies among the test resources.
   */
  public static Path locate() {
    String named = System.getProperty(PROPERTY, "");
    if (!named.isBlank()) {
      Path folder = Path.of(named);
      if (!Files.isDirectory(folder)) {
        throw new IllegalStateException("-D" + PROPERTY + "=" + named + ": no such folder");
      }
      return folder;
    }
    Path shared = Path.of("..", "shared", "golden");
    return Files.isDirectory(shared) ? shared : smallCopies();
  }

  /** The small copies among the test resources; the same layout, few cases. */
  public static Path smallCopies() {
    URL url = GoldenFolder.class.getResource("/golden/generator_vectors.json");
    if (url == null) {
      throw new IllegalStateException("the test resources hold no golden/generator_vectors.json");
    }
    try {
      return Path.of(url.toURI()).getParent();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Reads a JSON file. */
  public static JsonNode json(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": " + e.getMessage(), e);
    }
  }

  /** The entries of a folder in the order of their names; none if the folder is missing. */
  static List<Path> list(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
