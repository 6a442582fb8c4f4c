package io.earlybird.lossless;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.tensor.HostTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What is in run folders, and whether two of them hold the same. */
final class RunFiles {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Values of a record that do not depend on the time. */
  private static final List<String> TIMELESS =
      List.of(
          "event",
          "phase",
          "epoch",
          "learning_rate",
          "train_loss",
          "train_accuracy",
          "test_loss",
          "test_accuracy",
          "distances",
          "drawn");

  private RunFiles() {}

  /** Everything but folders and the lock, relative to the folder, in order. */
  static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile)
          .map(folder::relativize)
          .filter(file -> !file.endsWith(".lock"))
          .sorted()
          .toList();
    }
  }

  /** Files that were being written. */
  static List<Path> halfWritten(Path folder) throws IOException {
    return list(folder).stream().filter(f -> f.toString().endsWith(".tmp")).toList();
  }

  /** Every checkpoint, ticket and pruned network can be read. */
  static void requireWhole(Path folder) throws IOException {
    for (Path file : list(folder)) {
      if (file.toString().endsWith(".safetensors")) {
        Checkpoint.read(folder.resolve(file));
      }
    }
  }

  /** Two finished runs ended alike: networks bit for bit, records but for the times. */
  static void requireSame(Path folder, Path expected) throws IOException {
    assertThat(list(folder)).isEqualTo(list(expected));
    assertThat(hashes(folder)).isEqualTo(hashes(expected)).isNotEmpty();
    assertThat(records(folder)).isEqualTo(records(expected));
    for (Path file : list(folder)) {
      String name = file.toString();
      if (name.endsWith(".safetensors")) {
        assertThat(tensors(folder.resolve(file)))
            .as(name)
            .isEqualTo(tensors(expected.resolve(file)));
      } else if (name.endsWith("record.txt") || name.endsWith(".npy") || name.endsWith(".png")) {
        assertThat(folder.resolve(file)).hasSameBinaryContentAs(expected.resolve(file));
      }
    }
  }

  /** SHA-256 of the final weights of every network. */
  static List<String> hashes(Path folder) throws IOException {
    List<String> out = new ArrayList<>();
    JsonNode summary = JSON.readTree(folder.resolve("summary.json").toFile());
    summary.path("networks").forEach(network -> out.add(network.path("sha256").asText()));
    return out;
  }

  /** SHA-256 of everything in a file that does not depend on the time. */
  private static String tensors(Path file) {
    Map<String, HostTensor> tensors = new TreeMap<>(Checkpoint.read(file).tensors());
    tensors.keySet().removeIf(name -> name.startsWith("run."));
    return Checkpoint.weightsSha256(tensors);
  }

  private static List<Map<String, JsonNode>> records(Path folder) throws IOException {
    List<Map<String, JsonNode>> out = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("metrics.jsonl"))) {
      JsonNode record = JSON.readTree(line);
      // Every process measures its own energy.
      if (!record.path("event").asText().startsWith("energy")) {
        Map<String, JsonNode> values = new TreeMap<>();
        record.properties().stream()
            .filter(field -> TIMELESS.contains(field.getKey()))
            .forEach(field -> values.put(field.getKey(), field.getValue()));
        out.add(values);
      }
    }
    return out;
  }
}
