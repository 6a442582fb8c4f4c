package io.earlybird.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.AtomicFile;
import io.earlybird.checkpoint.WriteException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Appends to a {@code metrics.jsonl}: one JSON object per line, handed to the system line by line,
 * so that a killed run loses nothing. Numbers that JSON does not have (NaN, infinities) become
 * null.
 */
public final class MetricsWriter implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final OutputStream out;

  private MetricsWriter(Path file, OutputStream out) {
    this.file = file;
    this.out = out;
  }

  /**
   * Starts a new file, replacing an old one.
   *
   * @throws EarlybirdException if it cannot be written
   */
  public static MetricsWriter create(Path file) {
    AtomicFile.write(file, out -> {});
    return append(file);
  }

  /**
   * Continues a file, or starts one if there is none.
   *
   * @param keep which of the old lines stay; lines that are no JSON object (cut by a crash) don't
   * @throws EarlybirdException if it cannot be read or written
   */
  public static MetricsWriter resume(Path file, Predicate<JsonNode> keep) {
    StringBuilder kept = new StringBuilder();
    if (Files.exists(file)) {
      try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
        lines.filter(line -> isKept(line, keep)).forEach(l -> kept.append(l).append('\n'));
      } catch (IOException | UncheckedIOException e) {
        throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
      }
    }
    AtomicFile.write(file, out -> out.write(kept.toString().getBytes(StandardCharsets.UTF_8)));
    return append(file);
  }

  /**
   * Appends one line.
   *
   * @param values by name, in the map's order: numbers, booleans, text, null, or JSON nodes
   * @throws EarlybirdException if the file cannot be written
   */
  public void write(Map<String, ?> values) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    values.forEach((name, value) -> line.set(name, node(value)));
    try {
      out.write((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (IOException e) {
      throw new WriteException(file, AtomicFile.reason(e, file.toAbsolutePath().getParent()), e);
    }
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw new WriteException(file, AtomicFile.reason(e, file.toAbsolutePath().getParent()), e);
    }
  }

  /**
   * Continues a file as it is, or starts one if there is none; others may write to it as well.
   *
   * @throws EarlybirdException if it cannot be written
   */
  public static MetricsWriter append(Path file) {
    try {
      return new MetricsWriter(
          file, Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    } catch (IOException e) {
      throw new WriteException(file, AtomicFile.reason(e, file.toAbsolutePath().getParent()), e);
    }
  }

  private static boolean isKept(String line, Predicate<JsonNode> keep) {
    try {
      JsonNode node = JSON.readTree(line);
      return node.isObject() && keep.test(node);
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  private static JsonNode node(Object value) {
    return withoutNonNumbers(JSON.valueToTree(value));
  }

  private static JsonNode withoutNonNumbers(JsonNode node) {
    if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        array.set(i, withoutNonNumbers(array.get(i)));
      }
    } else if (node instanceof ObjectNode object) {
      object.properties().forEach(field -> field.setValue(withoutNonNumbers(field.getValue())));
    } else if (node.isFloatingPointNumber() && !Double.isFinite(node.doubleValue())) {
      return JsonNodeFactory.instance.nullNode();
    }
    return node;
  }
}
