package io.earlybird.energy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.earlybird.energy.MethodRun.Task;
import io.earlybird.energy.MethodTable.Row;
import io.earlybird.energy.MethodTable.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** An energy table as text, CSV, JSON and LaTeX. A figure that there is not is left empty. */
public final class TableText {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final MethodTable table;

  /** A table to be written. */
  public TableText(MethodTable table) {
    this.table = table;
  }

  /** The columns of a row by name, in their order. */
  private Map<String, Object> columns(Row r) {
    Map<String, Object> c = new LinkedHashMap<>();
    c.put("network", r.task().network());
    c.put("dataset", r.task().dataset());
    c.put("epochs", r.task().epochs());
    c.put("method", r.method());
    c.put("percent", Math.round(1000 * r.ratio()) / 10.0);
    c.put("runs", r.accuracy().count());
    spread(c, "accuracy", r.accuracy());
    spread(c, "best_accuracy", r.bestAccuracy());
    spread(c, "flop_units", r.flopUnits());
    c.put("flop_units_rounded_as_in_the_paper", orNull(r.roundedUnits().mean()));
    spread(c, "joules", r.joules());
    c.put("source", r.source().map(Energy.Source::label).orElse(null));
    spread(c, "seconds", r.seconds());
    for (String baseline : Methods.BASELINES) {
      String name = baseline.replace(' ', '_');
      c.put("flop_saving_" + name, r.flopSaving().get(baseline));
      c.put("energy_saving_" + name, r.energySaving().get(baseline));
    }
    if (!Double.isNaN(table.gridFactor())) {
      c.put("co2e_grams", orNull(table.grams(r)));
      c.put("co2e_grams_per_kwh", table.gridFactor());
    }
    c.put("paper_accuracy", paperAccuracy(r).isPresent() ? paperAccuracy(r).getAsDouble() : null);
    c.put("paper_flop_units", r.paper().map(PaperFigures.Cell::flopUnits).orElse(null));
    c.put("paper_kilojoules", r.paper().map(PaperFigures.Cell::kilojoules).orElse(null));
    return c;
  }

  private static OptionalDouble paperAccuracy(Row r) {
    return r.method().equals(Methods.DENSE)
        ? PaperFigures.unpruned(r.task())
        : r.paper().map(c -> OptionalDouble.of(c.accuracy())).orElse(OptionalDouble.empty());
  }

  private static void spread(Map<String, Object> columns, String name, Spread s) {
    columns.put(name, orNull(s.mean()));
    columns.put(name + "_sd", orNull(s.deviation()));
  }

  private static Double orNull(double value) {
    return Double.isFinite(value) ? (Double) value : null;
  }

  /** One line per row, with a header. */
  public String csv() {
    List<Map<String, Object>> rows = table.rows().stream().map(this::columns).toList();
    if (rows.isEmpty()) {
      return "";
    }
    StringBuilder out = new StringBuilder(String.join(",", rows.get(0).keySet())).append('\n');
    for (Map<String, Object> row : rows) {
      out.append(
              row.values().stream()
                  .map(v -> v == null ? "" : v.toString())
                  .collect(Collectors.joining(",")))
          .append('\n');
    }
    return out.toString();
  }

  /** An object with the rows, and what a reader must know. */
  public String json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("rows", table.rows().stream().map(this::columns).toList());
    all.put("flop_unit", 5e13);
    all.put("inconsistent_in_the_paper", PaperFigures.inconsistencies());
    try {
      return JSON.writeValueAsString(all) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final List<String> HEAD =
      List.of(
          "method",
          "p %",
          "accuracy",
          "FLOPs",
          "rounded",
          "joules",
          "source",
          "FLOPs saved",
          "energy saved",
          "paper: acc.",
          "FLOPs",
          "kJ");

  private List<String> cells(Row r) {
    List<String> out = new ArrayList<>();
    out.add(r.method());
    out.add(r.ratio() == 0 ? "-" : number(100 * r.ratio(), 0));
    out.add(plusMinus(r.accuracy(), 2));
    out.add(plusMinus(r.flopUnits(), r.flopUnits().mean() < 10 ? 4 : 1));
    out.add(plusMinus(r.roundedUnits(), 0));
    out.add(plusMinus(r.joules(), r.joules().mean() < 100 ? 4 : 0));
    out.add(r.source().map(Energy.Source::label).orElse("-"));
    out.add(savings(r.flopSaving()));
    out.add(savings(r.energySaving()));
    OptionalDouble printed = paperAccuracy(r);
    out.add(printed.isPresent() ? number(printed.getAsDouble(), 2) : "");
    out.add(r.paper().map(p -> number(p.flopUnits(), 0)).orElse(""));
    out.add(r.paper().map(p -> number(p.kilojoules(), 1)).orElse(""));
    if (!Double.isNaN(table.gridFactor())) {
      out.add(number(table.grams(r), 4));
    }
    return out;
  }

  private List<String> head() {
    List<String> head = new ArrayList<>(HEAD);
    if (!Double.isNaN(table.gridFactor())) {
      head.add("g CO2e");
    }
    return head;
  }

  /** Factors against the dense network, the lottery ticket and network slimming. */
  private static String savings(Map<String, Double> savings) {
    return savings.isEmpty()
        ? ""
        : Methods.BASELINES.stream()
            .map(b -> savings.containsKey(b) ? number(savings.get(b), 2) : "-")
            .collect(Collectors.joining("/"));
  }

  private static String plusMinus(Spread s, int digits) {
    return Double.isNaN(s.mean())
        ? ""
        : number(s.mean(), digits)
            + (Double.isNaN(s.deviation()) ? "" : " ± " + number(s.deviation(), digits));
  }

  private static String number(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  /** For a terminal. */
  public String text() {
    StringBuilder out = new StringBuilder();
    for (Task task : table.tasks()) {
      out.append(title(task)).append('\n');
      grid(table.rows().stream().filter(r -> r.task().equals(task)).toList(), out);
    }
    out.append(
        "FLOPs: training, in units of 5e13, search up to the drawing included; rounded: from forward");
    out.append(" passes to 0.01 GFLOP, as in the paper; saved: factor against ");
    out.append(String.join("/", Methods.BASELINES)).append('\n');
    out.append("joules: training, masks and pruning, without evaluation; energy saved: from");
    out.append(" measured joules only\n");
    table.tasks().stream()
        .filter(t -> PaperFigures.unpruned(t).isPresent())
        .flatMap(
            t ->
                PaperFigures.inconsistencies().stream()
                    .filter(i -> i.startsWith(t.dataset() + ",")))
        .forEach(i -> out.append("inconsistent in the paper: ").append(i).append('\n'));
    return out.toString();
  }

  private static String title(Task task) {
    return String.format("%s on %s, %d epochs", task.network(), task.dataset(), task.epochs());
  }

  private void grid(List<Row> rows, StringBuilder out) {
    List<List<String>> lines = new ArrayList<>(List.of(head()));
    rows.forEach(r -> lines.add(cells(r)));
    int columns = lines.get(0).size();
    int[] widths = new int[columns];
    for (List<String> line : lines) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    for (List<String> line : lines) {
      StringBuilder row = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        row.append(String.format("%-" + widths[i] + "s  ", line.get(i)));
      }
      out.append(row.toString().stripTrailing()).append('\n');
    }
  }

  /**
   * A line for every mean accuracy that differs from the paper's figure.
   *
   * @param points by more than so many
   */
  public List<String> offThePaper(double points) {
    List<String> out = new ArrayList<>();
    for (Row r : table.rows()) {
      OptionalDouble printed = paperAccuracy(r);
      double difference = r.accuracy().mean() - printed.orElse(Double.NaN);
      if (Math.abs(difference) > points) {
        out.add(
            String.format(
                Locale.ROOT,
                "off the paper: %s, %s %.0f%%: %.2f (n = %d), in print %.2f",
                title(r.task()),
                r.method(),
                100 * r.ratio(),
                r.accuracy().mean(),
                r.accuracy().count(),
                printed.getAsDouble()));
      }
    }
    return out;
  }

  /** A {@code tabular} environment. */
  public String latex() {
    List<String> head = head();
    StringBuilder out = new StringBuilder();
    out.append("\\begin{tabular}{l").append("r".repeat(head.size() - 1)).append("}\n\\hline\n");
    out.append(latexRow(head));
    out.append("\\hline\n");
    for (Task task : table.tasks()) {
      if (table.tasks().size() > 1) {
        out.append("\\multicolumn{").append(head.size()).append("}{l}{");
        out.append(latexText(title(task))).append("} \\\\\n");
      }
      table.rows().stream()
          .filter(r -> r.task().equals(task))
          .forEach(r -> out.append(latexRow(cells(r))));
    }
    return out.append("\\hline\n\\end{tabular}\n").toString();
  }

  private static String latexRow(List<String> cells) {
    return cells.stream().map(TableText::latexText).collect(Collectors.joining(" & ")) + " \\\\\n";
  }

  private static String latexText(String text) {
    return text.replace("%", "\\%").replace("±", "$\\pm$").replace("_", "\\_");
  }
}
