package io.earlybird.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.BuildInfo;
import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.AtomicFile;
import io.earlybird.energy.MethodRun;
import io.earlybird.energy.RunEnergy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What finished chains came to: a JSON object a line, one per network, in the order in which they
 * were finished.
 */
public final class LedgerRows {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final List<JsonNode> rows = new ArrayList<>();

  private LedgerRows(Path file) {
    this.file = file;
  }

  /**
   * Reads the rows; a file that does not exist has none.
   *
   * @throws EarlybirdException naming the line that is no row
   */
  public static LedgerRows read(Path file) {
    LedgerRows out = new LedgerRows(file);
    if (!Files.exists(file)) {
      return out;
    }
    int number = 0;
    try {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        number++;
        JsonNode row = JSON.readTree(line);
        if (!row.path("chain").isTextual()) {
          throw new EarlybirdException(file + ":" + number + ": the row names no chain");
        }
        out.rows.add(row);
      }
    } catch (IOException e) {
      throw new EarlybirdException(file + ":" + (number + 1) + ": is no row: " + reason(e), e);
    }
    return out;
  }

  private static String reason(IOException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  /** Names of the chains that have rows. */
  public Set<String> chains() {
    Set<String> out = new LinkedHashSet<>();
    rows.forEach(r -> out.add(r.path("chain").asText()));
    return out;
  }

  /**
   * Adds the rows of a finished run and writes the file.
   *
   * @param chain its name
   * @param folder of the run
   * @param seed of the run
   * @param device what computed
   * @throws EarlybirdException if the folder holds no finished run, or the file cannot be written
   */
  public void add(String chain, Path folder, long seed, String device) {
    RunEnergy energy = RunEnergy.read(folder.resolve(RunFolder.METRICS));
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    for (MethodRun run : MethodRun.read(folder)) {
      ObjectNode row = JSON.createObjectNode().put("chain", chain).put("seed", seed);
      row.setAll((ObjectNode) run.toJson());
      row.put("device", device).put("version", BuildInfo.version()).put("finished", now);
      ObjectNode phases = row.putObject("phases");
      energy
          .byPhase()
          .forEach(
              (phase, kinds) ->
                  kinds.forEach(
                      (path, sum) -> {
                        if (path.indexOf('/') < 0 && belongs(run, phase)) {
                          ObjectNode part = phases.putObject(phase + ": " + path);
                          part.put("seconds", sum.seconds());
                          sum.total()
                              .ifPresent(
                                  e ->
                                      part.put("joules", e.joules())
                                          .put("source", e.source().label()));
                        }
                      }));
      rows.add(row);
    }
    StringBuilder text = new StringBuilder();
    rows.forEach(r -> text.append(r).append('\n'));
    AtomicFile.write(file, out -> out.write(text.toString().getBytes(StandardCharsets.UTF_8)));
  }

  /** Whether a phase is the network's own; the search's windows stand with the dense network. */
  private static boolean belongs(MethodRun run, String phase) {
    return phase.equals(run.ratio() == 0 ? Search.PHASE : run.phase());
  }

  /** What the networks came to, for a table. */
  public List<MethodRun> runs() {
    return rows.stream().map(MethodRun::fromJson).toList();
  }
}
