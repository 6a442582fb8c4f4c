package io.earlybird.energy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.EarlybirdException;
import io.earlybird.energy.MethodTable.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables from run folders that are written here. */
class MethodTableTest {
  @TempDir Path temp;

  private static String line(
      String phase, String window, int epoch, double joules, String source, double seconds) {
    return String.format(
        java.util.Locale.ROOT,
        "{\"event\":\"energy\",\"phase\":\"%s\",%s\"window\":\"%s\",\"seconds\":%s,\"joules\":%s,"
            + "\"source\":\"%s\",\"images\":10}",
        phase,
        epoch < 0 ? "" : "\"epoch\":" + epoch + ",",
        window,
        seconds,
        joules,
        source);
  }

  /**
   * A run of three epochs, 100 J each; its ticket is drawn at the start of epoch 1, and trained for
   * two epochs of 50 J; a lottery ticket that begins after the whole dense training.
   */
  private Path run(String name, String source, double scale) throws IOException {
    Path folder = Files.createDirectories(temp.resolve(name));
    Files.writeString(
        folder.resolve("config.json"),
        "{\"command\":\"run\",\"network\":{\"arch\":\"vgg\",\"depth\":16,\"cfg\":null},"
            + "\"data\":{\"dataset\":\"cifar10\"},\"training\":{\"epochs\":160},"
            + "\"retraining\":{\"method\":\"inherit\"}}");
    List<String> lines = new ArrayList<>();
    lines.add(line("run", "data loading", -1, 1000, source, 1));
    for (int epoch = 0; epoch < 3; epoch++) {
      lines.add(line("search", "mask distance", epoch, 2, source, 1));
      lines.add(line("search", "mask distance/drawing", epoch, 1, source, 0.5));
      lines.add(line("search", "search", epoch, 100 * scale, source, 10));
      lines.add(line("search", "evaluation", epoch, 7, source, 1));
    }
    lines.add(line("ticket-30", "pruning", -1, 5, source, 1));
    for (int epoch = 1; epoch < 3; epoch++) {
      lines.add(line("ticket-30", "retraining", epoch, 50 * scale, source, 5));
      lines.add(line("ticket-30", "evaluation", epoch, 7, source, 1));
    }
    lines.add(line("lottery-ticket-30", "retraining", 0, 150 * scale, source, 15));
    lines.add("{\"event\":\"epoch\",\"phase\":\"search\"}");
    lines.add("{\"event\":\"energy\",\"phase\":\"sea"); // cut by a crash
    Files.write(folder.resolve("metrics.jsonl"), lines);
    Files.writeString(
        folder.resolve("summary.json"),
        "{\"networks\":["
            + network("dense", -1, 93, 3)
            + ","
            + network("ticket 30%", 1, 92, 1.5)
            + ","
            + network("lottery-ticket 30%", -1, 91, 4.5)
            + "]}");
    return folder;
  }

  private static String network(String name, int drawn, double accuracy, double flops) {
    return String.format(
        java.util.Locale.ROOT,
        "{\"name\":\"%s\",\"drawn_epoch\":%d,\"last_accuracy\":%s,\"best_accuracy\":%s,"
            + "\"training_flops\":%se13}",
        name,
        drawn,
        accuracy,
        accuracy + 1,
        flops * 5);
  }

  private static Row row(MethodTable table, String method) {
    return table.rows().stream().filter(r -> r.method().equals(method)).findFirst().orElseThrow();
  }

  @Test
  void theSearchUpToTheDrawingCountsAndEvaluationDoesNot() throws Exception {
    MethodTable table = MethodTable.of(MethodRun.read(run("a", "measured", 1)), 400);
    assertThat(table.rows())
        .extracting(Row::method)
        .containsExactly(Methods.DENSE, Methods.LOTTERY, Methods.EB);
    // The dense network needs no masks.
    assertThat(row(table, Methods.DENSE).joules().mean()).isEqualTo(300);
    // One epoch with its mask and that of the drawing, pruning, two epochs.
    Row eb = row(table, Methods.EB);
    assertThat(eb.joules().mean()).isEqualTo(100 + 2 + 2 + 5 + 2 * 50);
    assertThat(eb.seconds().mean()).isEqualTo(10 + 1 + 1 + 1 + 2 * 5);
    // All of the dense training, masks included, and its own.
    assertThat(row(table, Methods.LOTTERY).joules().mean()).isEqualTo(306 + 150);
    assertThat(eb.energySaving().get(Methods.DENSE)).isCloseTo(300.0 / 209, within(1e-12));
    assertThat(eb.energySaving().get(Methods.LOTTERY)).isCloseTo(456.0 / 209, within(1e-12));
    assertThat(eb.flopSaving().get(Methods.DENSE)).isCloseTo(2, within(1e-12));
    assertThat(eb.flopUnits().mean()).isCloseTo(1.5, within(1e-12));
    assertThat(eb.paper().orElseThrow().flopUnits()).isEqualTo(253);
    assertThat(table.grams(eb)).isCloseTo(209 / 3.6e6 * 400, within(1e-12));
  }

  @Test
  void withoutAMeterTheEnergySavingStaysEmpty() throws Exception {
    MethodTable table = MethodTable.of(MethodRun.read(run("a", "estimated", 1)), Double.NaN);
    Row eb = row(table, Methods.EB);
    assertThat(eb.source()).contains(Energy.Source.ESTIMATED);
    assertThat(eb.joules().mean()).isEqualTo(209);
    assertThat(eb.energySaving()).isEmpty();
    assertThat(eb.flopSaving()).containsKeys(Methods.DENSE, Methods.LOTTERY);
    assertThat(new TableText(table).csv()).contains("estimated").doesNotContain("co2e");
  }

  /**
   * Writing the pruned network: no work that a plan counts. With a meter a lost figure is missed.
   */
  @Test
  void aWindowWithoutCountedWorkLeavesAnEstimateButNotAMeasurement() throws Exception {
    for (String source : List.of("estimated", "measured")) {
      Path folder = run(source, source, 1);
      Files.writeString(
          folder.resolve("metrics.jsonl"),
          "{\"event\":\"energy\",\"phase\":\"ticket-30\",\"window\":\"writing the pruned network\","
              + "\"seconds\":1,\"joules\":null,\"source\":null,\"operations\":0,\"bytes\":0}\n",
          StandardOpenOption.APPEND);
      Row eb = row(MethodTable.of(MethodRun.read(folder), Double.NaN), Methods.EB);
      assertThat(eb.source().isPresent()).isEqualTo(source.equals("estimated"));
      assertThat(Double.isNaN(eb.joules().mean())).isEqualTo(source.equals("measured"));
    }
  }

  @Test
  void repeatsHaveMeanAndSpread() throws Exception {
    List<MethodRun> runs = new ArrayList<>(MethodRun.read(run("a", "measured", 1)));
    runs.addAll(MethodRun.read(run("b", "measured", 1.2)));
    Row dense = row(MethodTable.of(runs, Double.NaN), Methods.DENSE);
    assertThat(dense.joules().count()).isEqualTo(2);
    assertThat(dense.joules().mean()).isCloseTo(330, within(1e-9));
    assertThat(dense.joules().deviation()).isCloseTo(30 * Math.sqrt(2), within(1e-9));
  }

  @Test
  void measuredAndEstimatedRunsHaveNoCommonFigure() throws Exception {
    List<MethodRun> runs = new ArrayList<>(MethodRun.read(run("a", "measured", 1)));
    runs.addAll(MethodRun.read(run("b", "estimated", 1)));
    MethodTable table = MethodTable.of(runs, Double.NaN);
    Row eb = row(table, Methods.EB);
    assertThat(eb.source()).isEmpty();
    assertThat(eb.joules().mean()).isNaN();
    assertThat(eb.energySaving()).isEmpty();
    assertThat(EnergyBars.svg(table)).contains("Training FLOPs").doesNotContain("NaN");
  }

  @Test
  void everyForm() throws Exception {
    MethodTable table = MethodTable.of(MethodRun.read(run("a", "measured", 1)), 400);
    TableText text = new TableText(table);
    assertThat(text.text())
        .contains("EB Train")
        .contains("1.44/2.18/-")
        .contains("inconsistent in the paper: cifar10, EB Train, p = 70%");
    List<String> csv = text.csv().lines().toList();
    assertThat(csv).hasSize(4);
    assertThat(csv.get(3).split(",", -1)).hasSameSizeAs(csv.get(0).split(",", -1));
    assertThat(new ObjectMapper().readTree(text.json()).path("rows")).hasSize(3);
    assertThat(text.latex())
        .startsWith("\\begin{tabular}{lrrrrrrrrrrrr}")
        .contains("p \\%")
        .endsWith("\\end{tabular}\n");
    assertThat(EnergyBars.svg(table)).contains("joules, measured").contains("EB Train 30%");
  }

  /** VGG-16 as the paper counts it: 302 units for a training, 605 for a lottery ticket. */
  @Test
  void flopsAreRoundedAsInThePaperBesideOurCounts() throws Exception {
    Path folder = run("a", "measured", 1);
    double dense = 627_355_658;
    double narrow = 0.6 * dense;
    double pictures = 3.0 * 50_000;
    Files.writeString(
        folder.resolve("summary.json"),
        String.format(
            java.util.Locale.ROOT,
            "{\"networks\":[{\"name\":\"dense\",\"drawn_epoch\":-1,\"step_flops\":%s,"
                + "\"training_flops\":%s},{\"name\":\"ticket 30%%\",\"drawn_epoch\":23,"
                + "\"step_flops\":%s,\"training_flops\":%s},{\"name\":\"lottery-ticket 30%%\","
                + "\"drawn_epoch\":-1,\"step_flops\":%s,\"training_flops\":%s}]}",
            dense,
            pictures * 160 * dense,
            narrow,
            pictures * (23 * dense + 137 * narrow),
            dense,
            pictures * 320 * dense));
    MethodTable table = MethodTable.of(MethodRun.read(folder), Double.NaN);
    assertThat(row(table, Methods.DENSE).flopUnits().mean()).isCloseTo(301.13, within(0.01));
    assertThat(Math.round(row(table, Methods.DENSE).roundedUnits().mean())).isEqualTo(302);
    assertThat(Math.round(row(table, Methods.LOTTERY).roundedUnits().mean())).isEqualTo(605);
    assertThat(row(table, Methods.EB).roundedUnits().mean())
        .isCloseTo(pictures * (23 * 0.63e9 + 137 * 0.38e9) / 5e13, within(1e-9));
    assertThat(new TableText(table).text())
        .contains("vgg16 on cifar10, 160 epochs")
        .contains("93.36");
  }

  @Test
  void aNetworkThatTwoRunsTrainedAlikeCountsOnce() throws Exception {
    List<Path> folders = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      Path folder = run(name, "measured", 1);
      Path summary = folder.resolve("summary.json");
      String weights = name.equals("c") ? "2" : "1";
      Files.writeString(
          summary,
          Files.readString(summary)
              .replace("\"name\":\"dense\"", "\"sha256\":\"" + weights + "\",\"name\":\"dense\""));
      folders.add(folder);
    }
    MethodTable table = MethodTable.of(MethodRun.readAll(folders), Double.NaN);
    assertThat(row(table, Methods.DENSE).accuracy().count()).isEqualTo(2);
    assertThat(row(table, Methods.EB).accuracy().count()).isEqualTo(3);
  }

  @Test
  void otherNetworksAreNeitherAveragedNorSetBesideThePaper() throws Exception {
    Path vgg11 = run("b", "measured", 1.5);
    Path config = vgg11.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("\"depth\":16", "\"depth\":11"));
    MethodTable table =
        MethodTable.of(MethodRun.readAll(List.of(run("a", "measured", 1), vgg11)), Double.NaN);
    assertThat(table.rows()).hasSize(6);
    assertThat(table.tasks()).hasSize(2);
    for (Row r : table.rows()) {
      assertThat(r.accuracy().count()).isEqualTo(1);
      assertThat(r.paper().isPresent())
          .isEqualTo(r.task().network().equals("vgg16") && !r.method().equals(Methods.DENSE));
    }
    Row eb = table.rows().get(2);
    assertThat(eb.task().network()).isEqualTo("vgg11");
    assertThat(eb.energySaving().get(Methods.DENSE)).isCloseTo(450.0 / 309, within(0.1));
    assertThat(new TableText(table).latex()).contains("multicolumn");
  }

  @Test
  void anUnfinishedRunIsRefused() {
    assertThatThrownBy(() -> MethodRun.read(temp))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("no finished run");
  }

  @Test
  void freshWeightsAreAMethodOfTheirOwn() throws Exception {
    Path folder = run("a", "measured", 1);
    Path config = folder.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("inherit", "reinit"));
    assertThat(MethodRun.read(folder)).extracting(MethodRun::method).contains(Methods.REINIT);
  }

  @Test
  void wordLengthsTellLowPrecision() throws Exception {
    Path folder = run("a", "measured", 1);
    Path config = folder.resolve("config.json");
    String plain = Files.readString(config);
    String low = "\"precision\":{\"wl-weight\":8,\"retrain-precision\":\"%s\"},\"data\"";
    Files.writeString(config, plain.replace("\"data\"", String.format(low, "same")));
    assertThat(MethodRun.read(folder)).extracting(MethodRun::method).contains(Methods.LL);
    Files.writeString(config, plain.replace("\"data\"", String.format(low, "fp32")));
    assertThat(MethodRun.read(folder)).extracting(MethodRun::method).contains(Methods.LF);

    Path summary = folder.resolve("summary.json");
    Files.writeString(config, plain.replace("\"data\"", String.format(low, "same")));
    Files.writeString(
        summary, Files.readString(summary).replace("lottery-ticket 30%", "full-precision 30%"));
    // A dense network in low precision is no baseline of others.
    assertThat(MethodRun.read(folder))
        .extracting(MethodRun::method)
        .containsExactly("dense; low precision", Methods.LL, Methods.LF);
  }
}
