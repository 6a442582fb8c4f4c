package io.earlybird.energy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What one method came to in one run.
 *
 * @param method see {@link Methods}
 * @param ratio fraction of channels pruned, 0 for the dense network
 * @param dataset name of the data set
 * @param bestAccuracy percent
 * @param lastAccuracy percent
 * @param trainingFlops by the paper's convention, search included
 * @param total energy of training, masks, drawing and pruning, the search up to the drawing
 *     included, evaluation not; empty if it is unknown
 * @param seconds time of the same windows
 */
public record MethodRun(
    String method,
    double ratio,
    String dataset,
    double bestAccuracy,
    double lastAccuracy,
    double trainingFlops,
    Optional<Energy> total,
    double seconds) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Reads every network of a finished run.
   *
   * @param folder the run's folder
   * @throws EarlybirdException if it holds no finished run
   */
  public static List<MethodRun> read(Path folder) {
    Path summary = folder.resolve("summary.json");
    if (!Files.exists(summary)) {
      throw new EarlybirdException(
          folder + ": holds no finished run: there is no summary.json in it");
    }
    try {
      JsonNode config = JSON.readTree(folder.resolve("config.json").toFile());
      RunEnergy energy = RunEnergy.read(folder.resolve("metrics.jsonl"));
      List<MethodRun> out = new ArrayList<>();
      for (JsonNode network : JSON.readTree(summary.toFile()).path("networks")) {
        out.add(of(network, config, energy, summary));
      }
      return out;
    } catch (IOException e) {
      throw new EarlybirdException(folder + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static MethodRun of(JsonNode network, JsonNode config, RunEnergy energy, Path source) {
    String name = network.path("name").asText();
    boolean dense = name.equals(Methods.DENSE);
    int space = name.lastIndexOf(' ');
    if (!dense && (space < 0 || !name.endsWith("%"))) {
      throw new EarlybirdException(source + ": expected 'NAME P%', found '" + name + "'");
    }
    String kind = dense ? name : name.substring(0, space);
    String percent = dense ? "0" : name.substring(space + 1, name.length() - 1);
    int drawn = network.path("drawn_epoch").asInt(-1);
    String phase = kind + "-" + percent;
    RunEnergy.Sum sum =
        energy.sum(
            dense ? MethodRun::isDense : w -> isOwn(w, phase) || (isSearch(w) && upTo(w, drawn)));
    return new MethodRun(
        Methods.of(kind, config),
        Double.parseDouble(percent) / 100,
        config.path("data").path("dataset").asText(),
        network.path("best_accuracy").asDouble(Double.NaN),
        network.path("last_accuracy").asDouble(Double.NaN),
        network.path("training_flops").asDouble(),
        sum.total(),
        sum.seconds());
  }

  private static final Predicate<RunEnergy.Window> COUNTS =
      w -> !w.isNested() && !Phase.isEvaluation(w.name());

  private static boolean isOwn(RunEnergy.Window w, String phase) {
    return COUNTS.test(w) && w.phase().equals(phase);
  }

  private static boolean isSearch(RunEnergy.Window w) {
    return COUNTS.test(w) && w.phase().equals(Phase.SEARCH);
  }

  private static boolean isDense(RunEnergy.Window w) {
    return isSearch(w) && !w.name().equals(Phase.MASK_DISTANCE);
  }

  /**
   * The search's windows before the drawing, and the masks of the drawing; all if none was drawn.
   */
  private static boolean upTo(RunEnergy.Window w, int drawn) {
    return drawn < 0
        || w.epoch() < drawn
        || (w.epoch() == drawn && w.name().equals(Phase.MASK_DISTANCE));
  }
}
