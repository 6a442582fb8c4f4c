package io.earlybird.verify;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.verify.VerifyRow.Verdict;
import java.util.List;
import java.util.Locale;

/**
 * What a verification found.
 *
 * @param seed what all cases derive from
 * @param devices one line per backend
 * @param rows one per op and backend, and one per gradient rule
 */
public record VerifyReport(long seed, List<String> devices, List<VerifyRow> rows) {
  private static final String FORMAT = "%-28s %-10s %-9s %5s %8s  %-9s %6s  %s%n";

  /** Copies the lists. */
  public VerifyReport {
    devices = List.copyOf(devices);
    rows = List.copyOf(rows);
  }

  /** Whether no row failed. */
  public boolean ok() {
    return count(Verdict.FAILED) == 0;
  }

  /** Number of rows with the given verdict. */
  public long count(Verdict verdict) {
    return rows.stream().filter(row -> row.verdict() == verdict).count();
  }

  /** The one line that everything comes down to. */
  public String verdict() {
    return String.format(
        Locale.ROOT,
        "%s: %d of %d rows agree with the reference, %d failed, %d unsupported (seed %d)",
        ok() ? "OK" : "FAILED",
        count(Verdict.OK),
        rows.size(),
        count(Verdict.FAILED),
        count(Verdict.UNSUPPORTED),
        seed);
  }

  /** A table for people, then what failed and why, then the verdict. */
  public String toTable() {
    StringBuilder text = new StringBuilder();
    devices.forEach(device -> text.append(device).append(System.lineSeparator()));
    text.append(header());
    rows.forEach(row -> text.append(line(row)));
    for (VerifyRow row : rows) {
      if (!row.detail().isEmpty()) {
        String what = row.verdict().name().toLowerCase(Locale.ROOT);
        text.append(
            String.format("%s %s on %s: %s%n", what, row.op(), row.backend(), row.detail()));
      }
    }
    return text.append(verdict()).append(System.lineSeparator()).toString();
  }

  /** The table's first line. */
  public static String header() {
    return String.format(
        FORMAT, "op", "backend", "direction", "cases", "declined", "check", "used", "verdict");
  }

  /** One line of the table; "used" is the share of the tolerance. */
  public static String line(VerifyRow row) {
    boolean judged = row.cases() > 0;
    return String.format(
        Locale.ROOT,
        FORMAT,
        row.op(),
        row.backend(),
        row.direction(),
        row.cases(),
        row.declined(),
        !judged ? "" : row.exact() ? "bits" : "tolerance",
        !judged || row.exact() ? "" : String.format(Locale.ROOT, "%.1f%%", 100 * row.worstShare()),
        row.verdict());
  }

  /** The same for programs. */
  public String toJson() {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("ok", ok());
    root.put("seed", seed);
    ArrayNode names = root.putArray("backends");
    devices.forEach(names::add);
    ArrayNode list = root.putArray("rows");
    for (VerifyRow row : rows) {
      list.addObject()
          .put("op", row.op())
          .put("backend", row.backend())
          .put("direction", row.direction().toString())
          .put("cases", row.cases())
          .put("declined", row.declined())
          .put("exact", row.exact())
          .put("worst_share", row.worstShare())
          .put("verdict", row.verdict().name().toLowerCase(Locale.ROOT))
          .put("failed_case", row.failedCase())
          .put("detail", row.detail());
    }
    return root.toPrettyString();
  }
}
