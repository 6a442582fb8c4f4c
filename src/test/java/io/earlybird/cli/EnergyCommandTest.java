package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnergyCommandTest {
  @TempDir Path temp;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Main.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
  }

  @Test
  void measuresAProgramAndPassesItsExitCodeOn() throws Exception {
    Path zone = Files.createDirectories(temp.resolve("intel-rapl:0"));
    Files.writeString(zone.resolve("name"), "package-0");
    Files.writeString(zone.resolve("max_energy_range_uj"), "1000000000");
    Files.writeString(zone.resolve("energy_uj"), "0");
    Path json = temp.resolve("e.json");
    String program = "echo 5000000 > '" + zone.resolve("energy_uj") + "'; sleep 0.3; exit 7";
    int code =
        run(
            "energy",
            "--powercap",
            temp.toString(),
            "--idle-seconds",
            "0",
            "--json",
            json.toString(),
            "--",
            "sh",
            "-c",
            program);
    assertThat(code).isEqualTo(7);
    assertThat(out.toString()).contains("5.0 J measured");
    JsonNode figures = new ObjectMapper().readTree(json.toFile());
    assertThat(figures.path("joules").asDouble()).isEqualTo(5);
    assertThat(figures.path("source").asText()).isEqualTo("measured");
    assertThat(figures.path("exit_code").asInt()).isEqualTo(7);
    assertThat(figures.path("peak_resident_bytes").asLong()).isPositive();
  }

  @Test
  void withoutAMeterItSaysSo() {
    assertThat(run("energy", "--powercap", temp.toString(), "--", "true")).isZero();
    assertThat(out.toString()).contains("not measurable here").doesNotContain("J measured");
  }

  @Test
  void aProgramThatDoesNotExist() {
    assertThat(run("energy", "--energy", "off", "--", temp + "/none")).isEqualTo(127);
    assertThat(err.toString()).contains("cannot be started");
    assertThat(run("energy")).isEqualTo(2);
  }

  private String[] table(String methods, String... more) {
    List<String> words = new ArrayList<>(List.of("energy", "table", "--save", temp.toString()));
    words.addAll(List.of("--methods", methods, "--grid-factor", "400", "--"));
    words.addAll(List.of(TINY));
    words.addAll(List.of(more));
    return words.toArray(String[]::new);
  }

  private static final String[] TINY = {
    "--dataset",
    "shapes",
    "--train-images",
    "32",
    "--test-images",
    "16",
    "--arch",
    "vgg",
    "--cfg",
    "[4,\"M\",6,\"M\",8,\"M\",8,\"M\",8]",
    "--epochs",
    "2",
    "--batch-size",
    "16",
    "--ratios",
    "0.5",
    "--queue",
    "2",
    "--limit",
    "1",
    "--backend",
    "reference",
    "--schedule",
    "1"
  };

  @Test
  void theTableMakesRunsOnceAndReadsThemAgain() throws Exception {
    String[] words = table("inherit");
    assertThat(run(words)).as(err + "" + out).isZero();
    assertThat(Files.readString(temp.resolve("energy.csv")).lines()).hasSize(3);
    for (String form : new String[] {"energy.json", "energy.tex", "energy.svg"}) {
      assertThat(temp.resolve(form)).isNotEmptyFile();
    }
    String first = Files.readString(temp.resolve("energy.csv"));
    assertThat(first).contains("EB Train");
    assertThat(run(words)).isZero();
    assertThat(out.toString()).contains("finished already");
    assertThat(Files.readString(temp.resolve("energy.csv"))).isEqualTo(first);

    // A run that was killed before its end goes on.
    Files.delete(temp.resolve("full-1/summary.json"));
    assertThat(run(words)).isZero();
    assertThat(out.toString()).contains("--resume");
    assertThat(run("energy", "table", "--runs", temp.resolve("full-1").toString())).isZero();
    assertThat(run("energy", "table")).isEqualTo(2);

    // What is there was made with other settings: it is not taken for what is asked for now.
    assertThat(run(table("inherit", "--lr", "0.05"))).isOne();
    assertThat(err.toString()).contains("full-1 holds a run with other settings: --lr was 0.1");
    assertThat(run(table("reinit,inherit"))).isOne();
    assertThat(run(table("inherit", "--threads", "1"))).isZero();
    assertThat(run(table("inherit", "--seed", "4"))).isOne();
    assertThat(run(table("inherits"))).isOne();
    assertThat(err.toString()).contains("unknown method 'inherits': expected [lottery-ticket, ");
  }

  @Test
  void everyRowOfThePapersTable() throws Exception {
    assertThat(run(table("lottery-ticket,network-slimming,reinit,inherit,lf,ll")))
        .as(err + "" + out)
        .isZero();
    List<String> methods =
        Files.readString(temp.resolve("energy.csv"))
            .lines()
            .skip(1)
            .map(l -> l.split(",")[3])
            .toList();
    assertThat(methods)
        .containsExactly(
            "dense",
            "lottery ticket",
            "network slimming",
            "EB Train re-init",
            "EB Train",
            "EB Train LF",
            "EB Train LL",
            "dense; low precision");
    assertThat(run(table("lf,ll", "--precision", "bfp8"))).isZero();
    assertThat(run(table("lf,inherit", "--precision", "bfp8"))).isOne();
    assertThat(err.toString()).contains("a precision after -- goes to every run");
  }
}
