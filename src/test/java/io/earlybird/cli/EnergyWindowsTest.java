package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every phase of every command is a window with its energy, measured or estimated. */
class EnergyWindowsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> DATA =
      List.of(
          "--dataset",
          "shapes",
          "--train-images",
          "32",
          "--test-images",
          "16",
          "--backend",
          "reference",
          "--powercap",
          "/nowhere");

  @TempDir Path temp;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private void run(List<String> data, String... words) {
    List<String> all = new ArrayList<>(Arrays.asList(words));
    all.addAll(data);
    int code = Main.run(all.toArray(String[]::new), new PrintWriter(out), new PrintWriter(err));
    assertThat(code).as(err + "" + out).isZero();
  }

  private static List<JsonNode> windows(Path metrics, String phase) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(metrics)) {
      JsonNode node = JSON.readTree(line);
      if (node.path("event").asText().equals("energy")
          && node.path("phase").asText().equals(phase)) {
        lines.add(node);
      }
    }
    return lines;
  }

  private static List<String> names(List<JsonNode> windows) {
    return windows.stream()
        .map(w -> w.path("window").asText() + (w.has("epoch") ? " " + w.path("epoch") : ""))
        .toList();
  }

  private Path run() {
    Path run = temp.resolve("run");
    String cfg = "[4,\"M\",6,\"M\",8,\"M\",8,\"M\",8]";
    run(
        DATA,
        ("run --arch vgg --epochs 3 --batch-size 16 --ratios 0.5 --queue 2 --limit 1 --schedule 1"
                + " --swa --swa_start 2 --save "
                + run
                + " --cfg "
                + cfg)
            .split(" "));
    return run;
  }

  @Test
  void everyPhaseOfARunIsAWindowInItsRecordsAndOnItsPage() throws Exception {
    Path run = run();
    Path metrics = run.resolve("metrics.jsonl");
    assertThat(names(windows(metrics, "run"))).containsExactly("data loading");
    assertThat(names(windows(metrics, "search")))
        .containsExactly(
            "mask distance 0",
            "data loading 0",
            "search 0",
            "evaluation 0",
            "mask distance/drawing 1",
            "mask distance 1",
            "data loading 1",
            "search 1",
            "evaluation 1",
            "mask distance 2",
            "data loading 2",
            "search 2",
            "evaluation 2",
            "batch-norm re-estimation 2",
            "evaluation 2");
    assertThat(names(windows(metrics, "ticket-50")))
        .startsWith(
            "pruning",
            "evaluation of the masked network",
            "evaluation of the pruned network",
            "writing the pruned network",
            "evaluation before training")
        .contains("retraining 1", "retraining 2", "batch-norm re-estimation 2");
    for (JsonNode w : windows(metrics, "search")) {
      if (!w.path("window").asText().endsWith("drawing")) {
        assertThat(w.path("joules").asDouble()).as("%s", w).isPositive();
        assertThat(w.path("source").asText()).isEqualTo("estimated");
      }
    }
    JsonNode statistics =
        windows(metrics, "search").stream()
            .filter(w -> w.path("window").asText().startsWith("batch-norm"))
            .findFirst()
            .orElseThrow();
    assertThat(statistics.path("images").asInt()).isEqualTo(32);
    assertThat(Files.readString(run.resolve("report.html")))
        .contains("data-name=\"energy\"")
        .contains("not measurable here")
        .contains("energy of the epochs of search")
        .contains("estimated");
  }

  @Test
  void commandsThatAreNoRunsMeasureTheirWindowsToo() throws Exception {
    Path run = run();
    Path ticket;
    try (var files = Files.list(run.resolve("dense"))) {
      ticket =
          files
              .filter(f -> f.getFileName().toString().startsWith("EB-50-"))
              .findFirst()
              .orElseThrow();
    }
    Path pruned = temp.resolve("pruned");
    for (int twice = 0; twice < 2; twice++) {
      run(DATA, "prune", "--model", ticket.toString(), "--save", pruned.toString());
    }
    assertThat(names(windows(pruned.resolve("metrics.jsonl"), "prune")))
        .containsExactly(
            "data loading",
            "pruning",
            "evaluation of the masked network",
            "evaluation of the pruned network",
            "writing the pruned network");

    Path metrics = temp.resolve("all.jsonl");
    String file = pruned.resolve("pruned.safetensors").toString();
    run(DATA, "evaluate", "--model", file, "--metrics", metrics.toString());
    assertThat(out.toString()).contains("evaluate     evaluation").contains("estimated");
    List<String> meters = List.of("--powercap", "/nowhere", "--metrics", metrics.toString());
    String maps = temp.resolve("maps").toString();
    run(meters, "mask-distance", run.toString(), "--ratios", "0.5", "--save", maps);
    run(meters, "detect", run.toString(), "--ratios", "0.5", "--limit", "0.1,0.2", "--queue", "2");
    assertThat(names(windows(metrics, "evaluate"))).containsExactly("data loading", "evaluation");
    assertThat(names(windows(metrics, "mask-distance")))
        .containsExactly("data loading", "mask distance");
    List<JsonNode> detect = windows(metrics, "detect");
    assertThat(names(detect)).containsExactly("data loading", "mask distance");
    // Two limits, masks after 0 to 3 epochs of 34 channels: sorted, compared with the threshold
    // and with the other mask of the queue.
    assertThat(detect.get(1).path("operations").asLong()).isEqualTo(2 * 4 * (34 * 6 + 34 + 34));
  }
}
