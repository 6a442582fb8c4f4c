package io.earlybird.verify;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.checkpoint.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Cases that failed, as a file that makes them run again. A case is a pure function of op, seed and
 * number, so those are what is kept; the text says what was seen.
 *
 * @param seed seed of the verification
 * @param cases at least one
 */
public record FailedCases(long seed, List<Case> cases) {
  private static final String FORMAT = "earlybird-failed-cases-1";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** More than any file of ours; larger ones are not read. */
  private static final long MAX_BYTES = 1 << 20;

  /**
   * A case.
   *
   * @param op name of the op
   * @param backend name of the backend, or {@link Verifier#AUTOGRAD}
   * @param index number of the case
   * @param detail shapes and what was wrong
   */
  public record Case(String op, String backend, int index, String detail) {}

  /** Copies the list. */
  public FailedCases {
    cases = List.copyOf(cases);
  }

  /** The first failing case of every row that failed. */
  public static FailedCases of(VerifyReport report) {
    List<Case> cases = new ArrayList<>();
    for (VerifyRow row : report.rows()) {
      if (row.failedCase() >= 0) {
        cases.add(new Case(row.op(), row.backend(), row.failedCase(), row.detail()));
      }
    }
    return new FailedCases(report.seed(), cases);
  }

  /** Name of the backend that the first case ran on; empty if all are gradient rules. */
  public Optional<String> backend() {
    return cases.stream()
        .map(Case::backend)
        .filter(name -> !name.equals(Verifier.AUTOGRAD))
        .findFirst();
  }

  /** Writes them to a file. */
  public void write(Path file) {
    ObjectNode root = JSON.createObjectNode();
    root.put("format", FORMAT);
    root.put("seed", seed);
    ArrayNode list = root.putArray("cases");
    for (Case one : cases) {
      list.addObject()
          .put("op", one.op)
          .put("backend", one.backend)
          .put("case", one.index)
          .put("detail", one.detail);
    }
    byte[] text = root.toPrettyString().getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, out -> out.write(text));
  }

  /**
   * Reads them.
   *
   * @throws EarlybirdException naming the file and what was expected
   */
  public static FailedCases read(Path file) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new EarlybirdException(file + ": too large for a file of failed cases");
      }
      JsonNode root = JSON.readTree(Files.readAllBytes(file));
      JsonNode list = root.path("cases");
      if (!root.path("format").asText().equals(FORMAT)
          || !root.path("seed").isIntegralNumber()
          || list.isEmpty()) {
        throw unfit(file);
      }
      List<Case> cases = new ArrayList<>();
      for (JsonNode one : list) {
        if (!one.path("op").isTextual()
            || !one.path("backend").isTextual()
            || !one.path("case").isInt()
            || one.path("case").asInt() < 0) {
          throw unfit(file);
        }
        cases.add(
            new Case(
                one.get("op").asText(),
                one.get("backend").asText(),
                one.get("case").asInt(),
                one.path("detail").asText()));
      }
      return new FailedCases(root.get("seed").asLong(), cases);
    } catch (JacksonException e) {
      throw unfit(file);
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static EarlybirdException unfit(Path file) {
    return new EarlybirdException(
        file + ": not a file of failed cases as verify writes it (" + FORMAT + ")");
  }

  /**
   * Runs them again.
   *
   * @param candidates the backends, of distinct names
   * @param progress gets each row as soon as it is known
   * @throws EarlybirdException if an op or a backend is not there
   */
  public VerifyReport replay(List<Backend> candidates, Consumer<VerifyRow> progress) {
    Verifier verifier =
        new Verifier(candidates, VerifyOptions.full().withSeed(seed).withOps(Set.of()));
    List<VerifyRow> rows = new ArrayList<>();
    for (Case one : cases) {
      VerifyRow row = verifier.replay(one.op, one.backend, one.index);
      rows.add(row);
      progress.accept(row);
    }
    return new VerifyReport(seed, candidates.stream().map(Backend::describe).toList(), rows);
  }
}
