package io.earlybird.energy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What one method came to in one run.
 *
 * @param method see {@link Methods}
 * @param ratio fraction of channels pruned, 0 for the dense network
 * @param phase name of its training in records, for example {@code ticket-30}
 * @param drawn index of the epoch at whose start its ticket was drawn, -1 if none was
 * @param task what is trained, and on what
 * @param bestAccuracy percent
 * @param lastAccuracy percent
 * @param trainingFlops three forward passes a picture and epoch, search included
 * @param roundedFlops the same as the paper rounds: forward passes to 0.01 GFLOP; NaN where that
 *     would leave less than one digit, or the records do not tell
 * @param total energy of training, masks, drawing and pruning, the search up to the drawing
 *     included, evaluation not; empty if it is unknown
 * @param seconds time of the same windows
 * @param sha256 of the final weights, by which a network that two runs trained alike counts once
 */
public record MethodRun(
    String method,
    double ratio,
    String phase,
    int drawn,
    Task task,
    double bestAccuracy,
    double lastAccuracy,
    double trainingFlops,
    double roundedFlops,
    Optional<Energy> total,
    double seconds,
    String sha256) {
  /**
   * What is trained: rows of different tasks are never compared.
   *
   * @param network arch and depth, for example {@code vgg16}, or the widths where they are others
   * @param dataset name of the data set
   * @param epochs of a whole training
   */
  public record Task(String network, String dataset, int epochs) {
    static Task of(JsonNode config) {
      JsonNode network = config.path("network");
      String cfg = network.path("cfg").isArray() ? network.path("cfg").toString() : "";
      return new Task(
          network.path("arch").asText()
              + network.path("depth").asText()
              + cfg.replace("\"", "").replace(',', ' '),
          config.path("data").path("dataset").asText(),
          config.path("training").path("epochs").asInt());
    }
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  /** As JSON, without what its phase was called. */
  public JsonNode toJson() {
    ObjectNode row = JSON.createObjectNode();
    row.put("network", task.network()).put("dataset", task.dataset());
    row.put("epochs", task.epochs()).put("method", method).put("ratio", ratio);
    row.put("drawn_epoch", drawn);
    row.put("last_accuracy", lastAccuracy).put("best_accuracy", bestAccuracy);
    row.put("training_flops", trainingFlops);
    if (!Double.isNaN(roundedFlops)) {
      row.put("rounded_flops", roundedFlops);
    }
    total.ifPresent(e -> row.put("joules", e.joules()).put("source", e.source().label()));
    return row.put("seconds", seconds).put("sha256", sha256);
  }

  /** What {@link #toJson} gave; the name of the phase is lost. */
  public static MethodRun fromJson(JsonNode row) {
    return new MethodRun(
        row.path("method").asText(),
        row.path("ratio").asDouble(),
        "",
        row.path("drawn_epoch").asInt(-1),
        new Task(
            row.path("network").asText(), row.path("dataset").asText(), row.path("epochs").asInt()),
        row.path("best_accuracy").asDouble(Double.NaN),
        row.path("last_accuracy").asDouble(Double.NaN),
        row.path("training_flops").asDouble(Double.NaN),
        row.path("rounded_flops").asDouble(Double.NaN),
        RunEnergy.energy(row),
        row.path("seconds").asDouble(Double.NaN),
        row.path("sha256").asText());
  }

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
      JsonNode networks = JSON.readTree(summary.toFile()).path("networks");
      for (JsonNode network : networks) {
        out.add(of(network, networks.path(0), config, energy, summary));
      }
      return out;
    } catch (IOException e) {
      throw new EarlybirdException(folder + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads every network of finished runs. One that several runs trained to the same weights, such
   * as the dense network of one seed, is read once.
   *
   * @throws EarlybirdException if a folder holds no finished run
   */
  public static List<MethodRun> readAll(List<Path> folders) {
    return distinct(folders.stream().flatMap(f -> read(f).stream()).toList());
  }

  /** Without networks that came out with the same weights as one before. */
  public static List<MethodRun> distinct(List<MethodRun> runs) {
    Set<String> seen = new HashSet<>();
    return runs.stream()
        .filter(
            r -> r.sha256.isEmpty() || seen.add(r.task + r.method + " " + r.ratio + " " + r.sha256))
        .toList();
  }

  private static MethodRun of(
      JsonNode network, JsonNode denseNetwork, JsonNode config, RunEnergy energy, Path source) {
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
    Task task = Task.of(config);
    return new MethodRun(
        Methods.of(kind, config),
        Double.parseDouble(percent) / 100,
        dense ? Phase.SEARCH : phase,
        drawn,
        task,
        network.path("best_accuracy").asDouble(Double.NaN),
        network.path("last_accuracy").asDouble(Double.NaN),
        network.path("training_flops").asDouble(),
        dense
            ? rounded(network, network, 0)
            : rounded(network, denseNetwork, drawn < 0 ? 1 : (double) drawn / task.epochs()),
        sum.total(),
        sum.seconds(),
        network.path("sha256").asText());
  }

  /**
   * Training FLOPs with forward passes as the paper rounds them.
   *
   * @param searched fraction of the dense training that counts as the search
   */
  private static double rounded(JsonNode network, JsonNode dense, double searched) {
    double denseForward = dense.path("step_flops").asDouble(Double.NaN);
    double forward = network.path("step_flops").asDouble(Double.NaN);
    double training = network.path("training_flops").asDouble(Double.NaN);
    // Of the dense network, trained to the end; each is three times pictures times epochs.
    double whole = dense.path("training_flops").asDouble(Double.NaN) / denseForward;
    double own = (training - searched * whole * denseForward) / forward;
    double least = Math.min(forward, denseForward);
    return least >= PaperFigures.ROUNDING
        ? searched * whole * PaperFigures.rounded(denseForward)
            + own * PaperFigures.rounded(forward)
        : Double.NaN;
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
