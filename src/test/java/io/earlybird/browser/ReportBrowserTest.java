package io.earlybird.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.cli.CommandLineRunner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page on a run, looked at in a real browser; skipped where none is installed. */
class ReportBrowserTest {
  private static final String RUN =
      "run --backend reference --dataset shapes --train-images 44 --test-images 30"
          + " --test-batch-size 30 --cfg 4,M,6,M,8,M,8,M,8 --epochs 4 --schedule 2"
          + " --batch-size 16 --lr 0.05 --ratios 0.3,0.5 --queue 2 --limit 1 --save ";

  private static final String CURVES =
      """
      [...document.querySelectorAll('svg')].map(svg => ({
        title: svg.textContent,
        curves: [...svg.querySelectorAll('g.curve')].filter(g => g.dataset.name).map(g => ({
          name: g.dataset.name,
          points: g.querySelectorAll('circle').length,
          joined: g.querySelector('polyline').points.numberOfItems}))}))
      """;

  private static final String TABLES =
      """
      [...document.querySelectorAll('table')].map(t => ({
        name: t.dataset.name,
        head: [...t.querySelectorAll('th')].map(h => h.textContent),
        rows: [...t.querySelectorAll('tbody tr')].map(r =>
          [...r.children].map(c => ({text: c.textContent, value: c.dataset.value})))}))
      """;

  @TempDir Path temp;

  @Test
  void thePageShowsTheRunAndAsksForNothing() throws Exception {
    Path browser = HeadlessBrowser.find().orElse(null);
    assumeTrue(browser != null, HeadlessBrowser.HINT);
    Path run = temp.resolve("run");
    assertThat(CommandLineRunner.run(RUN + run)).isZero();
    Path page = run.resolve("report.html");
    Path profile = Files.createDirectories(temp.resolve("profile"));
    try (HeadlessBrowser at = new HeadlessBrowser(browser, profile)) {
      at.open(page);
      Map<String, List<JsonNode>> epochs = epochs(run);
      assertThat(epochs.keySet()).containsExactly("search", "ticket-30", "ticket-50");
      curvesHaveAPointPerEpoch(at.evaluate(CURVES), epochs);
      tablesHoldTheRecords(at.evaluate(TABLES), epochs, run);
      JsonNode broken =
          at.evaluate(
              "[...document.querySelectorAll('image')].filter(i => i.getBBox().width < 1).length");
      assertThat(broken.asInt()).isZero();
      assertThat(at.evaluate("document.querySelectorAll('image').length").asInt()).isEqualTo(3);
      assertThat(at.requests()).containsExactly(page.toUri().toString());
      assertThat(at.complaints()).isEmpty();
    }
  }

  private static void curvesHaveAPointPerEpoch(
      JsonNode pictures, Map<String, List<JsonNode>> epochs) {
    int seen = 0;
    for (JsonNode picture : pictures) {
      for (JsonNode curve : picture.get("curves")) {
        String name = curve.get("name").asText();
        int expected = epochs.containsKey(name) ? epochs.get(name).size() : 4;
        assertThat(curve.get("points").asInt()).as(name).isEqualTo(expected);
        assertThat(curve.get("joined").asInt()).as(name).isEqualTo(expected);
        seen++;
      }
    }
    // Accuracy, loss and rate of three trainings, the distances of two ratios.
    assertThat(seen).isEqualTo(3 * 3 + 2);
  }

  private static void tablesHoldTheRecords(
      JsonNode tables, Map<String, List<JsonNode>> epochs, Path run) throws Exception {
    Map<String, JsonNode> byName = new LinkedHashMap<>();
    tables.forEach(t -> byName.put(t.get("name").asText(), t));
    for (Map.Entry<String, List<JsonNode>> phase : epochs.entrySet()) {
      JsonNode table = byName.get("epochs of " + phase.getKey());
      assertThat(table.get("rows")).hasSize(phase.getValue().size());
      for (int r = 0; r < phase.getValue().size(); r++) {
        JsonNode record = phase.getValue().get(r);
        JsonNode row = table.get("rows").get(r);
        assertThat(table.get("head")).hasSize(record.size() - 2);
        for (int c = 0; c < row.size(); c++) {
          JsonNode expected = record.get(table.get("head").get(c).asText().replace(' ', '_'));
          assertThat(row.get(c).get("value").asText()).isEqualTo(expected.asText());
          assertThat(Double.parseDouble(row.get(c).get("text").asText().replace(",", "")))
              .isCloseTo(expected.asDouble(), within(expected.asDouble() >= 1000 ? 0.5 : 5e-6));
        }
      }
    }
    JsonNode networks =
        new ObjectMapper().readTree(run.resolve("summary.json").toFile()).get("networks");
    JsonNode compared = byName.get("comparison").get("rows");
    assertThat(compared).hasSize(3);
    for (int i = 0; i < 3; i++) {
      assertThat(compared.get(i).get(0).get("text")).isEqualTo(networks.get(i).get("name"));
      assertThat(compared.get(i).get(2).get("value").asDouble())
          .isEqualTo(networks.get(i).get("last_accuracy").asDouble());
      assertThat(compared.get(i).get(6).get("value").asDouble() * 1e12)
          .isCloseTo(networks.get(i).get("training_flops").asDouble(), within(1.0));
    }
  }

  private static Map<String, List<JsonNode>> epochs(Path run) throws Exception {
    Map<String, List<JsonNode>> out = new LinkedHashMap<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      JsonNode node = new ObjectMapper().readTree(line);
      if (node.get("event").asText().equals("epoch")) {
        out.computeIfAbsent(node.get("phase").asText(), p -> new ArrayList<>()).add(node);
      }
    }
    return out;
  }
}
