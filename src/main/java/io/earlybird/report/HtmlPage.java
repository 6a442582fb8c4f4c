package io.earlybird.report;

import java.util.List;
import java.util.Locale;

/**
 * A self-contained HTML page: styles and pictures are within it, and it has no script, so that
 * opening it asks nothing of any network.
 */
public final class HtmlPage {
  private static final String STYLE =
      """
      body { font: 15px/1.5 Helvetica, Arial, sans-serif; color: #202020; margin: 2em auto;
        max-width: 1240px; padding: 0 1em; }
      h1 { font-size: 1.6em; } h2 { font-size: 1.2em; margin-top: 2em; }
      table { border-collapse: collapse; margin: 0.6em 0; }
      th, td { padding: 0.15em 0.7em; text-align: right; border-bottom: 1px solid #e4e4e4; }
      th:first-child, td:first-child { text-align: left; white-space: nowrap; }
      th { border-bottom: 1px solid #202020; font-weight: 600; }
      .wide { overflow-x: auto; } svg { max-width: 100%; height: auto; margin: 0.4em 0; }
      summary { cursor: pointer; font-weight: 600; margin: 0.4em 0; }
      """;

  private final StringBuilder body = new StringBuilder();
  private final String title;

  /** An empty page. */
  public HtmlPage(String title) {
    this.title = title;
    body.append("<h1>").append(Markup.escape(title)).append("</h1>\n");
  }

  /** A cell of a table: what is shown, and the exact value behind it. */
  public record Cell(String text, String value) {
    /** A text that stands for itself. */
    public static Cell of(String text) {
      return new Cell(text, text);
    }

    /** A number shown with so many decimals. */
    public static Cell of(double value, int decimals) {
      return Double.isFinite(value)
          ? new Cell(
              String.format(Locale.ROOT, "%,." + decimals + "f", value), Double.toString(value))
          : new Cell("-", "");
    }
  }

  /** Begins a section. */
  public HtmlPage section(String heading) {
    body.append("<h2>").append(Markup.escape(heading)).append("</h2>\n");
    return this;
  }

  /** A paragraph. */
  public HtmlPage text(String text) {
    body.append("<p>").append(Markup.escape(text)).append("</p>\n");
    return this;
  }

  /** A picture. */
  public HtmlPage figure(Figure figure) {
    body.append("<div class=\"wide\">").append(figure.svg()).append("</div>\n");
    return this;
  }

  /**
   * A table.
   *
   * @param name by which programs find it
   * @param head names of the columns
   * @param rows as many cells as columns in each
   */
  public HtmlPage table(String name, List<String> head, List<List<Cell>> rows) {
    body.append("<div class=\"wide\"><table data-name=\"")
        .append(Markup.escape(name))
        .append("\"><thead><tr>");
    head.forEach(h -> body.append("<th>").append(Markup.escape(h)).append("</th>"));
    body.append("</tr></thead><tbody>\n");
    for (List<Cell> row : rows) {
      body.append("<tr>");
      for (Cell cell : row) {
        body.append("<td data-value=\"")
            .append(Markup.escape(cell.value()))
            .append("\">")
            .append(Markup.escape(cell.text()))
            .append("</td>");
      }
      body.append("</tr>\n");
    }
    body.append("</tbody></table></div>\n");
    return this;
  }

  /** A table that is closed until one opens it. */
  public HtmlPage foldedTable(String name, List<String> head, List<List<Cell>> rows) {
    body.append("<details><summary>").append(Markup.escape(name)).append("</summary>\n");
    table(name, head, rows);
    body.append("</details>\n");
    return this;
  }

  /** The whole page. */
  public String html() {
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        // Without an icon of its own a page makes browsers ask for one.
        + "<link rel=\"icon\" href=\"data:,\">\n<title>"
        + Markup.escape(title)
        + "</title>\n<style>\n"
        + STYLE
        + "</style></head>\n<body>\n"
        + body
        + "</body></html>\n";
  }
}
