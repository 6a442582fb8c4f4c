package io.earlybird.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * What the same run came to with several seeds: mean and sample standard deviation of every
 * network's figures.
 *
 * @param networks by name, in the order of the runs' summaries: what each seed came to
 */
public record SeedTable(Map<String, List<JsonNode>> networks) {
  /** The table as JSON, in the folder of all seeds. */
  public static final String FILE = "seeds.json";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ROW = "%-24s %5s  %-14s %16s %16s %12s %9s  %s%n";

  /**
   * Mean and spread of a figure.
   *
   * @param mean NaN if there is no value
   * @param deviation sample standard deviation, NaN of fewer than two values
   */
  record Spread(double mean, double deviation) {
    static Spread of(double[] values) {
      int n = values.length;
      double sum = 0;
      for (double v : values) {
        sum += v;
      }
      double mean = n == 0 ? Double.NaN : sum / n;
      double squares = 0;
      for (double v : values) {
        squares += (v - mean) * (v - mean);
      }
      return new Spread(mean, n < 2 ? Double.NaN : Math.sqrt(squares / (n - 1)));
    }

    String show(int digits) {
      String plain = String.format(Locale.ROOT, "%." + digits + "f", mean);
      return Double.isNaN(deviation)
          ? plain
          : plain + String.format(Locale.ROOT, " ± %." + digits + "f", deviation);
    }
  }

  /**
   * Reads finished runs.
   *
   * @param folders by seed
   * @throws EarlybirdException if one holds no finished run
   */
  public static SeedTable read(Map<Long, Path> folders) {
    Map<String, List<JsonNode>> networks = new LinkedHashMap<>();
    folders.forEach(
        (seed, folder) -> {
          Path file = folder.resolve(Pipeline.SUMMARY);
          try {
            for (JsonNode network : JSON.readTree(file.toFile()).path("networks")) {
              ((ObjectNode) network).put("seed", seed);
              networks
                  .computeIfAbsent(network.path("name").asText(), n -> new ArrayList<>())
                  .add(network);
            }
          } catch (IOException e) {
            throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
          }
        });
    return new SeedTable(networks);
  }

  private static Spread spread(List<JsonNode> seeds, String figure) {
    return spread(seeds, n -> n.path(figure).asDouble(Double.NaN));
  }

  private static Spread spread(List<JsonNode> seeds, ToDoubleFunction<JsonNode> figure) {
    return Spread.of(seeds.stream().mapToDouble(figure).toArray());
  }

  /** A line per network; a ticket that some seeds did not draw has fewer seeds. */
  public String toTable() {
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            ROW,
            "network",
            "seeds",
            "drawn",
            "last %",
            "best %",
            "parameters",
            "FLOPs",
            "seconds"));
    networks.forEach(
        (name, seeds) ->
            out.append(
                String.format(
                    ROW,
                    name,
                    seeds.size(),
                    drawn(seeds),
                    spread(seeds, "last_accuracy").show(2),
                    spread(seeds, "best_accuracy").show(2),
                    String.format(Locale.ROOT, "%,.0f", spread(seeds, "parameters").mean()),
                    ofDense(seeds),
                    spread(seeds, "seconds").show(1))));
    out.append("drawn: epochs at whose start; last and best: test accuracy, mean ± standard");
    out.append(" deviation; FLOPs: training, of the same seed's dense network\n");
    return out.toString();
  }

  private static String drawn(List<JsonNode> seeds) {
    return seeds.stream()
        .map(n -> n.path("drawn_epoch").asInt(-1))
        .map(e -> e < 0 ? "-" : Integer.toString(e + 1))
        .distinct()
        .collect(Collectors.joining(","));
  }

  private String ofDense(List<JsonNode> seeds) {
    Map<Long, Double> dense = new TreeMap<>();
    networks
        .getOrDefault("dense", List.of())
        .forEach(n -> dense.put(n.path("seed").asLong(), n.path("training_flops").asDouble()));
    return spread(
            seeds,
            n ->
                n.path("training_flops").asDouble()
                    / dense.getOrDefault(n.path("seed").asLong(), Double.NaN))
        .show(3)
        .replaceFirst(" ±.*", "");
  }

  /**
   * Writes the table, with what each seed came to.
   *
   * @param folder of all seeds
   */
  public void write(Path folder) {
    ObjectNode all = JSON.createObjectNode();
    ArrayNode rows = all.putArray("networks");
    networks.forEach(
        (name, seeds) -> {
          ObjectNode row = rows.addObject().put("name", name);
          for (String figure :
              List.of("last_accuracy", "best_accuracy", "training_flops", "seconds")) {
            Spread s = spread(seeds, figure);
            row.put(figure, s.mean());
            if (!Double.isNaN(s.deviation())) {
              row.put(figure + "_sd", s.deviation());
            }
          }
          row.putArray("seeds").addAll(seeds);
        });
    byte[] text = (all.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(folder.resolve(FILE), out -> out.write(text));
  }
}
