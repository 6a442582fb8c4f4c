package io.earlybird.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.EarlybirdException;
import io.earlybird.energy.RunEnergy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a run left in its folder, read without opening it, so that a run that is going on can be
 * looked at as well.
 *
 * @param folder of the run
 * @param settings everything that was chosen, as it stands in {@code config.json}
 * @param epochs the lines of finished epochs, by training, in the file's order
 * @param masks the lines of masks that the search took, in the file's order
 * @param meters the last line on what measures energy
 * @param summary the comparison of a finished pipeline
 */
public record RunRecords(
    Path folder,
    Settings settings,
    Map<String, List<JsonNode>> epochs,
    List<JsonNode> masks,
    Optional<JsonNode> meters,
    Optional<JsonNode> summary) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Reads a folder. Lines that a crash cut are left out.
   *
   * @throws EarlybirdException if it holds no run
   */
  public static RunRecords read(Path folder) {
    Path config = folder.resolve(RunFolder.CONFIG);
    if (!Files.isRegularFile(config)) {
      throw new EarlybirdException(
          folder + " holds no run: there is no " + RunFolder.CONFIG + " in it");
    }
    Map<String, List<JsonNode>> epochs = new LinkedHashMap<>();
    List<JsonNode> masks = new ArrayList<>();
    Optional<JsonNode> meters = Optional.empty();
    for (JsonNode line : lines(folder.resolve(RunFolder.METRICS))) {
      String event = line.path("event").asText();
      if (event.equals("epoch")) {
        epochs.computeIfAbsent(line.path("phase").asText(), p -> new ArrayList<>()).add(line);
      } else if (event.equals("masks") && line.path("phase").asText().equals(Search.PHASE)) {
        masks.add(line);
      } else if (event.equals(RunEnergy.METERS)) {
        meters = Optional.of(line);
      }
    }
    Path summary = folder.resolve(Pipeline.SUMMARY);
    return new RunRecords(
        folder,
        Settings.fromJson(json(config), config.toString()),
        epochs,
        masks,
        meters,
        Files.exists(summary) ? Optional.of(json(summary)) : Optional.empty());
  }

  private static JsonNode json(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static List<JsonNode> lines(Path file) {
    List<JsonNode> out = new ArrayList<>();
    if (!Files.exists(file)) {
      return out;
    }
    try {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        try {
          out.add(JSON.readTree(line));
        } catch (JsonProcessingException e) {
          continue;
        }
      }
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
    }
    return out;
  }

  /** The epochs at whose start tickets were drawn, counted from 0, by ratio. */
  public Map<Double, Integer> drawnEpochs() {
    Map<Double, Integer> out = new TreeMap<>();
    for (JsonNode line : masks) {
      line.path("drawn")
          .fieldNames()
          .forEachRemaining(p -> out.putIfAbsent(Double.valueOf(p), line.path("epoch").asInt()));
    }
    return out;
  }

  /**
   * A figure of a training's epochs.
   *
   * @param key name in {@code metrics.jsonl}, for example {@code test_accuracy}
   * @return a value per epoch; NaN where there is none
   */
  public static double[] column(List<JsonNode> epochs, String key) {
    return epochs.stream().mapToDouble(line -> line.path(key).asDouble(Double.NaN)).toArray();
  }
}
