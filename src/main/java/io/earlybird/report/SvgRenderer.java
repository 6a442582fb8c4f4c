package io.earlybird.report;

import java.util.Base64;
import java.util.Locale;

/** A figure as SVG. Rasters are embedded as PNG, so that nothing must be fetched. */
final class SvgRenderer {
  private final StringBuilder out = new StringBuilder();

  private SvgRenderer() {}

  static String render(Figure figure) {
    SvgRenderer r = new SvgRenderer();
    r.put(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
            + " font-family=\"Helvetica, Arial, sans-serif\">\n",
        figure.width(), figure.height(), figure.width(), figure.height());
    r.shape(new Figure.Box(0, 0, figure.width(), figure.height(), Figure.BACKGROUND));
    figure.shapes().forEach(r::shape);
    return r.put("</svg>\n").out.toString();
  }

  private SvgRenderer put(String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values));
    return this;
  }

  private void shape(Figure.Shape shape) {
    if (shape instanceof Figure.Box b) {
      put(
          "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n",
          b.left(), b.top(), b.width(), b.height(), hex(b.color()));
    } else if (shape instanceof Figure.Frame f) {
      double half = f.thickness() / 2.0;
      put(
          "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"none\" stroke=\"%s\""
              + " stroke-width=\"%d\"/>\n",
          number(f.left() - half),
          number(f.top() - half),
          number(f.width() + f.thickness()),
          number(f.height() + f.thickness()),
          hex(f.color()),
          f.thickness());
    } else if (shape instanceof Figure.Raster r) {
      raster(r);
    } else if (shape instanceof Figure.Text t) {
      put(
          "<text x=\"%d\" y=\"%d\" font-size=\"%d\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n",
          t.x(),
          t.top() + PixelFont.HEIGHT * t.scale(),
          size(t.scale()),
          t.align() == 0 ? "start" : t.align() == 1 ? "end" : "middle",
          hex(t.color()),
          Markup.escape(t.text()));
    } else if (shape instanceof Figure.UpwardText t) {
      put(
          "<text transform=\"translate(%d %d) rotate(-90)\" font-size=\"%d\" text-anchor=\"middle\""
              + " fill=\"%s\">%s</text>\n",
          t.left() + PixelFont.HEIGHT * t.scale(),
          t.centerY(),
          size(t.scale()),
          hex(t.color()),
          Markup.escape(t.text()));
    } else if (shape instanceof Figure.Curve c) {
      curve(c);
    }
  }

  private void raster(Figure.Raster r) {
    int rows = r.colors().length;
    int columns = r.colors()[0].length;
    Canvas pixels = new Canvas(columns * r.cell(), rows * r.cell(), Figure.BACKGROUND);
    pixels.raster(new Figure.Raster(0, 0, r.cell(), r.colors()));
    put(
        "<image x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" style=\"image-rendering:pixelated\""
            + " href=\"data:image/png;base64,%s\"/>\n",
        r.left(),
        r.top(),
        columns * r.cell(),
        rows * r.cell(),
        Base64.getEncoder().encodeToString(pixels.png()));
  }

  private void curve(Figure.Curve c) {
    put("<g class=\"curve\" data-name=\"%s\">", Markup.escape(c.name()));
    if (c.thickness() > 0) {
      put(
          "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\"%s points=\"",
          hex(c.color()), number(c.thickness()), c.dashed() ? " stroke-dasharray=\"7 5\"" : "");
      for (int i = 0; i < c.x().length; i++) {
        put(i == 0 ? "%s,%s" : " %s,%s", number(c.x()[i]), number(c.y()[i]));
      }
      put("\"/>");
    }
    for (int i = 0; i < c.x().length && c.marker() != Figure.Marker.NONE; i++) {
      if (c.marker() == Figure.Marker.DOT) {
        put(
            "<circle cx=\"%s\" cy=\"%s\" r=\"%s\" fill=\"%s\">",
            number(c.x()[i]), number(c.y()[i]), number(c.size()), hex(c.color()));
      } else {
        double[][] star = Canvas.star(c.x()[i], c.y()[i], c.size());
        put("<polygon fill=\"%s\" points=\"", hex(c.color()));
        for (double[] corner : star) {
          put("%s,%s ", number(corner[0]), number(corner[1]));
        }
        put("\">");
      }
      put("<title>%s</title>", Markup.escape(c.hints().get(i)));
      put(c.marker() == Figure.Marker.DOT ? "</circle>" : "</polygon>");
    }
    put("</g>\n");
  }

  /** So that a line of text takes no more room than the pixel font's. */
  private static int size(int scale) {
    return scale * 6 + 5;
  }

  private static String hex(int color) {
    return String.format("#%06x", color);
  }

  private static String number(double value) {
    String text = String.format(Locale.ROOT, "%.2f", value);
    return text.replaceAll("\\.?0+$", "");
  }
}
