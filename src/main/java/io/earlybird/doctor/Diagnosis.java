package io.earlybird.doctor;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.doctor.Finding.Status;
import java.util.List;
import java.util.Locale;

/**
 * What was found on a machine.
 *
 * @param findings grouped by area
 */
public record Diagnosis(List<Finding> findings) {
  /** Copies the list. */
  public Diagnosis {
    findings = List.copyOf(findings);
  }

  /** Whether nothing is missing that earlybird cannot run without. */
  public boolean ok() {
    return findings.stream().noneMatch(Finding::blocks);
  }

  private long count(Status status) {
    return findings.stream().filter(finding -> finding.status() == status).count();
  }

  /** The one line that everything comes down to. */
  public String verdict() {
    String counts =
        "%d found, %d to look at, %d missing"
            .formatted(count(Status.OK), count(Status.WARN), count(Status.MISSING));
    return ok()
        ? "OK: earlybird runs here (" + counts + ")"
        : "earlybird cannot run here: "
            + String.join(
                ", ", findings.stream().filter(Finding::blocks).map(Finding::name).toList())
            + " ("
            + counts
            + ")";
  }

  /** A table for people: one line per finding, what to do on a line of its own, the verdict. */
  public String toTable() {
    int width = findings.stream().mapToInt(finding -> finding.name().length()).max().orElse(0);
    StringBuilder text = new StringBuilder();
    String area = "";
    for (Finding finding : findings) {
      if (!finding.area().equals(area)) {
        area = finding.area();
        text.append(area).append(System.lineSeparator());
      }
      String line = "  %-" + Math.max(width, 1) + "s  %-7s  %s";
      text.append(
          line.formatted(finding.name(), finding.status(), finding.detail()).stripTrailing());
      text.append(System.lineSeparator());
      if (!finding.advice().isEmpty()) {
        text.append(" ".repeat(width + 13)).append("-> ");
        text.append(finding.advice()).append(System.lineSeparator());
      }
    }
    return text.append(verdict()).append(System.lineSeparator()).toString();
  }

  /** The same for programs. */
  public String toJson() {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("ok", ok());
    ArrayNode list = root.putArray("findings");
    for (Finding finding : findings) {
      list.addObject()
          .put("area", finding.area())
          .put("name", finding.name())
          .put("status", finding.status().name().toLowerCase(Locale.ROOT))
          .put("required", finding.required())
          .put("detail", finding.detail())
          .put("advice", finding.advice());
    }
    return root.toPrettyString();
  }
}
