package io.earlybird.energy;

import io.earlybird.energy.MethodTable.Row;
import java.util.List;
import java.util.Locale;

/**
 * A bar per row of an energy table as SVG: joules where every row has them from one source, else
 * training FLOPs; the title says which.
 */
public final class EnergyBars {
  private static final int BAR = 18;
  private static final int STEP = 26;
  private static final int LEFT = 260;
  private static final int LENGTH = 420;
  private static final int TOP = 40;

  private EnergyBars() {}

  /** The picture of a table. */
  public static String svg(MethodTable table) {
    List<Row> rows = table.rows();
    boolean joules =
        !rows.isEmpty()
            && rows.stream().allMatch(r -> r.source().isPresent())
            && rows.stream().map(Row::source).distinct().count() == 1;
    String title =
        joules
            ? "Training energy in joules, " + rows.get(0).source().orElseThrow().label()
            : "Training FLOPs in units of 5e13 (no comparable joules)";
    double most =
        rows.stream().mapToDouble(r -> figure(r, joules)).filter(Double::isFinite).max().orElse(1);
    int height = TOP + STEP * rows.size() + 20;
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                + " font-family=\"sans-serif\" font-size=\"12\">\n",
            LEFT + LENGTH + 120, height));
    out.append("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    text(out, LEFT, 22, "start", title);
    for (int i = 0; i < rows.size(); i++) {
      Row r = rows.get(i);
      int y = TOP + STEP * i;
      double value = figure(r, joules);
      double width = Math.max(0, value / most * LENGTH);
      String name =
          (table.tasks().size() > 1 ? r.task().network() + " " + r.task().dataset() + ", " : "")
              + r.method()
              + (r.ratio() == 0 ? "" : String.format(" %d%%", Math.round(100 * r.ratio())));
      text(out, LEFT - 8, y + 13, "end", name);
      out.append(
          String.format(
              Locale.ROOT,
              "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#1f6fb4\"/>\n",
              LEFT,
              y,
              width,
              BAR));
      text(out, LEFT + (int) width + 6, y + 13, "start", String.format(Locale.ROOT, "%.4g", value));
    }
    return out.append("</svg>\n").toString();
  }

  private static double figure(Row r, boolean joules) {
    return joules ? r.joules().mean() : r.flopUnits().mean();
  }

  private static void text(StringBuilder out, int x, int y, String anchor, String text) {
    String safe = text.replace("&", "&amp;").replace("<", "&lt;");
    out.append(
        String.format(
            "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" fill=\"#202020\">%s</text>\n",
            x, y, anchor, safe));
  }
}
