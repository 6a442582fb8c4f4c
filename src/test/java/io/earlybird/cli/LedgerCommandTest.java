package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.EarlybirdException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LedgerCommandTest {
  private static final String HEAD = "chain,arch,depth,dataset,methods,ratios,seed\n";
  private static final List<String> TINY =
      List.of(
          ("-- --dataset shapes --train-images 32 --test-images 16"
                  + " --epochs 2 --batch-size 16 --queue 2"
                  + " --limit 1 --schedule 1 --powercap /nowhere")
              .split(" "));

  @TempDir Path temp;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... words) {
    List<String> all = new ArrayList<>(List.of("ledger", "--ledger", "" + file()));
    all.addAll(List.of("--rows", "" + temp.resolve("rows.jsonl")));
    all.addAll(List.of("--work", "" + temp.resolve("work"), "--backend", "cpu"));
    all.addAll(List.of(words));
    return Main.run(all.toArray(String[]::new), new PrintWriter(out), new PrintWriter(err));
  }

  private Path file() {
    return temp.resolve("ledger.csv");
  }

  @Test
  void chainsAreWorkedOffOnceAndTheirRowsMerged() throws Exception {
    Files.writeString(
        file(),
        HEAD + "first,vgg,11,shapes,inherit reinit,0.5,1\n" + "second,vgg,11,shapes,lf ll,0.5,2\n");
    List<String> words = new ArrayList<>(List.of("--seconds", "400", "--step-seconds", "1e-6"));
    words.addAll(TINY);
    assertThat(run(words.toArray(String[]::new))).as(err + "" + out).isZero();
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(temp.resolve("rows.jsonl"))) {
      rows.add(new ObjectMapper().readTree(line));
    }
    assertThat(rows)
        .extracting(r -> r.path("chain").asText() + ": " + r.path("method").asText())
        .containsExactly(
            "first: dense",
            "first: EB Train",
            "first: EB Train re-init",
            "second: dense; low precision",
            "second: EB Train LL",
            "second: EB Train LF");
    for (JsonNode row : rows) {
      assertThat(row.path("device").asText()).isNotEmpty();
      assertThat(row.path("sha256").asText()).hasSize(64);
      assertThat(row.path("last_accuracy").isNumber()).isTrue();
      boolean dense = row.path("ratio").asDouble() == 0;
      String training = dense ? "search: search" : ": retraining";
      assertThat(row.path("phases").properties())
          .anyMatch(
              p ->
                  p.getKey().endsWith(training)
                      && p.getValue().path("seconds").asDouble() > 0
                      && p.getValue().path("source").asText().equals("estimated"));
    }
    assertThat(out.toString()).contains("2 of 2 chains are done");

    String before = Files.readString(temp.resolve("rows.jsonl"));
    assertThat(run(words.toArray(String[]::new))).isZero();
    assertThat(Files.readString(temp.resolve("rows.jsonl"))).isEqualTo(before);
    assertThat(run()).isZero();
    assertThat(out.toString()).contains("EB Train LF");
    assertThat(run("--chain", "third")).isOne();
    assertThat(err.toString()).contains("the ledger has no such chain");
    assertThat(run("--seconds", "0")).isOne();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a,vgg,16,cifar10,inherit|:2: expected the columns",
        "a,vgg,16,cifar10,inheritance,0.5,1|:2: unknown method 'inheritance'",
        "a,vgg,16,cifar10,inherit ll,0.5,1|:2: methods in full and in low precision",
        "a,vgg,x,cifar10,inherit,0.5,1|:2: ",
        "../a,vgg,16,cifar10,inherit,0.5,1|:2: expected the columns"
      })
  void aDamagedLineIsNamed(String line, String message) throws Exception {
    Files.writeString(file(), HEAD + line + "\n");
    assertThatThrownBy(() -> Chain.read(file()))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining(message);
  }

  /** The committed list: every row of the paper's tables of VGG-16, three times. */
  @Test
  void theLedgerHoldsThePapersRows() {
    List<Chain> chains = Chain.read(Path.of("docs/reproduction/ledger.csv"));
    for (String dataset : List.of("cifar10", "cifar100")) {
      for (int seed = 1; seed <= 3; seed++) {
        int wanted = seed;
        List<Chain> ours =
            chains.stream()
                .filter(c -> c.arch().equals("vgg") && c.depth() == 16)
                .filter(c -> c.dataset().equals(dataset) && c.seed() == wanted)
                .toList();
        assertThat(ours.stream().flatMap(c -> c.methods().stream()))
            .containsExactlyInAnyOrder(TableRuns.Method.values());
      }
    }
    Chain first = chains.get(0);
    // 160 epochs of 196 steps for the dense network, and two trainings a ratio.
    double trainings = 1 + 2 * (0.85 + 0.75 + 0.65);
    assertThat(first.seconds(0.01)).isCloseTo(0.01 * 196 * 160 * trainings * 1.15, within(1e-6));
    assertThat(first.run(Path.of("w"), List.of("--data", "d")).words())
        .containsSequence("--ratios", "0.3,0.5,0.7")
        .containsSequence("--baselines", "reinit")
        .containsSequence("--data", "d")
        .containsSequence("--seed", "1");
  }
}
