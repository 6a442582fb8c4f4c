package io.earlybird.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** Charts and bars, in both forms. */
class FigureTest {
  private static final Chart.Series CURVE =
      Chart.Series.curve("a < b & \"c\"", new double[] {0, 1, 2, 3}, new double[] {5, 7, 6, 9}, 0);

  @TempDir Path folder;

  @Test
  void aCurveHasAPointPerValueInBothForms() throws Exception {
    Figure figure = Chart.figure("title", "x", "y", false, List.of(CURVE));
    Document svg = parse(figure.svg());
    Element group = curves(svg, CURVE.name()).get(0);
    assertThat(group.getElementsByTagName("circle").getLength()).isEqualTo(4);
    Element line = (Element) group.getElementsByTagName("polyline").item(0);
    assertThat(line.getAttribute("points").split(" ")).hasSize(4);
    assertThat(group.getElementsByTagName("title").item(3).getTextContent())
        .isEqualTo("a < b & \"c\": 3.00000, 9.00000");

    Canvas canvas = Canvas.of(figure);
    NodeList dots = group.getElementsByTagName("circle");
    for (int i = 0; i < dots.getLength(); i++) {
      Element dot = (Element) dots.item(i);
      int x = (int) Double.parseDouble(dot.getAttribute("cx"));
      int y = (int) Double.parseDouble(dot.getAttribute("cy"));
      assertThat(canvas.pixel(x, y)).isEqualTo(Figure.color(0));
    }
    double highest = Double.parseDouble(((Element) dots.item(3)).getAttribute("cy"));
    double lowest = Double.parseDouble(((Element) dots.item(0)).getAttribute("cy"));
    assertThat(highest).isLessThan(lowest);
  }

  @Test
  void valuesThatAreNoNumbersAreLeftOut() throws Exception {
    double[] y = {1, Double.NaN, 3, Double.POSITIVE_INFINITY};
    var series = Chart.Series.curve("gaps", new double[] {0, 1, 2, 3}, y, 2);
    Document svg = parse(Chart.figure("t", "x", "y", true, List.of(series)).svg());
    assertThat(curves(svg, "gaps").get(0).getElementsByTagName("circle").getLength()).isEqualTo(2);
  }

  @Test
  void starsDashesAndErrorBarsAreDrawn() throws Exception {
    var bars =
        new Chart.Series(
            "bars",
            new double[] {1, 5},
            new double[] {90, 91},
            new double[] {0.5, 0},
            true,
            false,
            Figure.Marker.DOT,
            1);
    var star =
        new Chart.Series(
            "star", new double[] {4}, new double[] {92}, null, false, false, Figure.Marker.STAR, 2);
    var level =
        new Chart.Series(
            "level",
            new double[] {1, 5},
            new double[] {91.5, 91.5},
            null,
            true,
            true,
            Figure.Marker.NONE,
            3);
    Figure figure = Chart.figure("t", "x", "y", false, List.of(bars, star, level));
    Document svg = parse(figure.svg());
    Element polygon = (Element) curves(svg, "star").get(0).getElementsByTagName("polygon").item(0);
    assertThat(polygon.getAttribute("points").trim().split(" ")).hasSize(10);
    Element dashed = (Element) curves(svg, "level").get(0).getElementsByTagName("polyline").item(0);
    assertThat(dashed.getAttribute("stroke-dasharray")).isNotEmpty();
    // One bar: a vertical and two caps, apart from the legend's line of the same colour.
    String color = String.format("fill=\"#%06x\"", Figure.color(1));
    long boxes =
        figure.svg().lines().filter(l -> l.startsWith("<rect") && l.contains(color)).count();
    assertThat(boxes).isEqualTo(3 + 3);

    Canvas canvas = Canvas.of(figure);
    int row = (int) Double.parseDouble(dashed.getAttribute("points").split("[ ,]")[1]);
    int painted = 0;
    for (int x = 92; x < 736; x++) {
      painted += canvas.pixel(x, row) == Figure.color(3) ? 1 : 0;
    }
    assertThat(painted).isBetween(200, 500);
  }

  @Test
  void aRasterInSvgHoldsItsColoursExactly() throws Exception {
    double[][] distances = {{0, 0.25}, {0.25, 0}};
    var panel = new MaskDistanceMap.Panel("p", distances, 0, -1, 5);
    Document svg = parse(MaskDistanceMap.figure("t", List.of(panel)).svg());
    Element image = (Element) svg.getElementsByTagName("image").item(0);
    String data = image.getAttribute("href");
    assertThat(data).startsWith("data:image/png;base64,");
    byte[] png = Base64.getDecoder().decode(data.substring(data.indexOf(',') + 1));
    var pixels = ImageIO.read(new ByteArrayInputStream(png));
    assertThat(pixels.getWidth()).isEqualTo(360);
    assertThat(pixels.getRGB(10, 10) & 0xffffff).isEqualTo(Viridis.color(1));
    assertThat(pixels.getRGB(350, 10) & 0xffffff).isEqualTo(Viridis.color(1 - 0.25 / 0.3));
  }

  @Test
  void runsStandInRowsAndOverlapTurnsTheScale() throws Exception {
    double[][] distances = {{0, 0.25}, {0.25, 0}};
    var panel = new MaskDistanceMap.Panel("p", distances, 0, 1, 2);
    var two = List.of(panel, panel);
    Figure figure = MaskDistanceMap.figure("t", List.of(two, two), MaskDistanceMap.Show.OVERLAP);
    Document svg = parse(figure.svg());
    assertThat(svg.getElementsByTagName("image").getLength()).isEqualTo(5);
    assertThat(svg.getDocumentElement().getTextContent()).contains("overlap", "1.00", "0.70");
    assertThat(figure.write(folder, "maps")).allSatisfy(f -> assertThat(f).isNotEmptyFile());
  }

  @Test
  void barsShowWhatIsKept() throws Exception {
    var layers =
        List.of(new WidthBars.Layer("feature.1", 64, 16), new WidthBars.Layer("feature.4", 32, 32));
    Document svg = parse(WidthBars.figure("widths", layers).svg());
    String kept = String.format("#%06x", Figure.color(0));
    NodeList boxes = svg.getElementsByTagName("rect");
    int found = 0;
    for (int i = 0; i < boxes.getLength(); i++) {
      Element box = (Element) boxes.item(i);
      if (box.getAttribute("fill").equals(kept)) {
        assertThat(box.getAttribute("height")).isEqualTo(found++ == 0 ? "55" : "110");
      }
    }
    assertThat(found).isEqualTo(2);
    assertThatThrownBy(() -> WidthBars.figure("", List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static List<Element> curves(Document svg, String name) {
    NodeList groups = svg.getElementsByTagName("g");
    return java.util.stream.IntStream.range(0, groups.getLength())
        .mapToObj(i -> (Element) groups.item(i))
        .filter(g -> g.getAttribute("data-name").equals(name))
        .toList();
  }

  private static Document parse(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
  }
}
