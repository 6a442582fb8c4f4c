package io.earlybird.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.energy.EnergyLog;
import io.earlybird.energy.EnergyMonitor;
import io.earlybird.energy.Phase;
import io.earlybird.energy.WindowEnergy;
import io.earlybird.report.MetricsWriter;
import io.earlybird.report.RecordFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the training of one network leaves for people and programs: lines in the run's {@code
 * metrics.jsonl} and the original's {@code record.txt}.
 */
final class Records implements AutoCloseable {
  /** Name of the original's record. */
  static final String RECORD = "record.txt";

  private static final String ENERGY = "energy";

  /** Marks a line on what happens before an epoch's first step. */
  private static final String AT_BEGIN = "before_epoch";

  private final Path metricsFile;
  private final Path recordFile;
  private final String phase;
  private final int columns;
  private MetricsWriter metrics;
  private RecordFile record;

  /**
   * Records; {@link #begin} or {@link #continueAt} comes next.
   *
   * @param metricsFile the run's {@code metrics.jsonl}
   * @param folder where {@code record.txt} goes
   * @param phase name of this training in the lines
   * @param averages whether there is a column for the averaged network
   */
  Records(Path metricsFile, Path folder, String phase, boolean averages) {
    this.columns = averages ? 4 : 3;
    this.metricsFile = metricsFile;
    this.recordFile = folder.resolve(RECORD);
    this.phase = phase;
  }

  /** Begins; whatever an attempt without a checkpoint left of this training is forgotten. */
  void begin() {
    metrics = MetricsWriter.resume(metricsFile, line -> !isOurs(line) || isOutside(line));
    record = RecordFile.create(recordFile, columns);
  }

  /** Forgets what this training wrote after the given state, which comes again. */
  void continueAt(RunState state) {
    metrics = MetricsWriter.resume(metricsFile, line -> stays(line, state));
    int epochs = state.rows().size();
    record =
        epochs == 0
            ? RecordFile.create(recordFile, columns)
            : RecordFile.resume(recordFile, columns, epochs);
  }

  private boolean isOurs(JsonNode line) {
    return line.path("phase").asText().equals(phase);
  }

  /** Whether a line is on a window outside of this training, such as pruning. */
  private static boolean isOutside(JsonNode line) {
    return line.path("event").asText().equals(ENERGY)
        && !line.has("epoch")
        && !line.path("window").asText().equals(Phase.EVALUATION_BEFORE);
  }

  private boolean stays(JsonNode line, RunState state) {
    if (!isOurs(line) || !line.has("epoch")) {
      return true;
    }
    int epoch = line.path("epoch").asInt();
    boolean begins = line.path("event").asText().equals("masks") || line.has(AT_BEGIN);
    return epoch < state.epoch() || (begins && epoch == state.epoch() && state.begun());
  }

  /** An epoch is done. */
  void epoch(EpochRow row) {
    Map<String, Object> line = line("epoch", row.epoch());
    line.put("learning_rate", row.learningRate());
    line.put("train_loss", row.trainLoss());
    line.put("train_accuracy", row.trainTop1());
    line.put("test_loss", row.testLoss());
    line.put("test_accuracy", row.testTop1());
    line.put("test_accuracy_top5", row.testTop5());
    line.put("train_seconds", row.trainSeconds());
    line.put("test_seconds", row.testSeconds());
    line.put("images_per_second", row.imagesPerSecond());
    if (!Double.isNaN(row.waitSeconds())) {
      line.put("wait_seconds", row.waitSeconds());
      line.put("wait_share", row.waitShare());
      line.put("skipped_images", row.skipped());
    }
    boolean averaged = Double.isFinite(row.averageTop1());
    if (averaged) {
      line.put("average_accuracy", row.averageTop1());
    }
    metrics.write(line);
    if (columns == 4) {
      double average = averaged ? row.averageTop1() : 0;
      record.add(row.trainLoss(), row.trainTop1(), row.testTop1(), average);
    } else {
      record.add(row.trainLoss(), row.trainTop1(), row.testTop1());
    }
  }

  /** Masks were taken at the start of an epoch. */
  void masks(int epoch, List<Progress.Sight> sights) {
    Map<String, Object> line = line("masks", epoch);
    Map<String, Object> distances = new LinkedHashMap<>();
    Map<String, Object> drawn = new LinkedHashMap<>();
    for (Progress.Sight s : sights) {
      String ratio = Double.toString(s.ratio());
      distances.put(ratio, s.observation().distances());
      if (s.observation().drawn()) {
        drawn.put(ratio, s.observation().largest());
      }
    }
    line.put("distances", distances);
    if (!drawn.isEmpty()) {
      line.put("drawn", drawn);
    }
    metrics.write(line);
  }

  /**
   * The energy of a window of an epoch.
   *
   * @param begins whether it lies before the epoch's first step
   * @param figures of the window
   */
  void energy(int epoch, boolean begins, Map<String, Object> figures) {
    Map<String, Object> line = line(ENERGY, epoch);
    if (begins) {
      line.put(AT_BEGIN, true);
    }
    line.putAll(figures);
    metrics.write(line);
  }

  /**
   * Windows outside of any training; each takes the place of a line with the same phase and window
   * that an earlier attempt left. No records may be open.
   */
  static EnergyLog energyOutside(RunContext context, String phase) {
    Path metrics = context.folder().metrics();
    return new EnergyLog(context.energy(), window -> energy(metrics, phase, window));
  }

  private static void energy(Path metricsFile, String phase, WindowEnergy window) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("event", ENERGY);
    line.put("phase", phase);
    line.putAll(window.toMap());
    try (MetricsWriter writer =
        MetricsWriter.resume(
            metricsFile,
            old ->
                !old.path("event").asText().equals(ENERGY)
                    || !old.path("phase").asText().equals(phase)
                    || !old.path("window").asText().equals(window.path()))) {
      writer.write(line);
    }
  }

  /** The windows of this training before its first epoch, which are forgotten if it begins anew. */
  EnergyLog energyBefore(EnergyMonitor monitor) {
    return new EnergyLog(monitor, window -> event(ENERGY, window.toMap()));
  }

  /** Anything else that is worth a line. */
  void event(String name, Map<String, ?> values) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("event", name);
    line.put("phase", phase);
    line.putAll(values);
    metrics.write(line);
  }

  private Map<String, Object> line(String event, int epoch) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("event", event);
    line.put("phase", phase);
    line.put("epoch", epoch);
    return line;
  }

  @Override
  public void close() {
    if (metrics != null) {
      metrics.close();
    }
  }
}
