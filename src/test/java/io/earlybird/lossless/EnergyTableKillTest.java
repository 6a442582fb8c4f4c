package io.earlybird.lossless;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A table of energy whose making is killed again and again comes out as one that was left alone.
 */
class EnergyTableKillTest {
  private static final int KILLS = 6;

  /** Longer than the table takes from when its first run begins. */
  private static final int MOST_MILLIS = 3000;

  @TempDir private Path temp;
  private final SplittableRandom random = new SplittableRandom(9);

  @Test
  void killedAndMadeAgainItIsTheSame() throws Exception {
    Path whole = temp.resolve("whole");
    Child alone = Child.start(temp.resolve("cache"), table(whole));
    assertThat(alone.exitCode()).as("%s", alone.err()).isZero();
    Path folder = temp.resolve("killed");
    int kills = 0;
    for (int i = 0; i < KILLS; i++) {
      Child child = Child.start(temp.resolve("cache"), table(folder));
      child.awaitLine("run folder");
      // Early at first: once the table is made, nothing is left to be killed.
      Thread.sleep(random.nextInt(MOST_MILLIS * (i + 1) / KILLS));
      child.kill();
      kills += child.exitCode() == 0 ? 0 : 1;
    }
    assertThat(kills).as("kills that came before the end").isPositive();
    Child last = Child.start(temp.resolve("cache"), table(folder));
    assertThat(last.exitCode()).as("%s", last.err()).isZero();
    RunFiles.requireSame(folder.resolve("full-1"), whole.resolve("full-1"));
    assertThat(timeless(folder)).isEqualTo(timeless(whole)).hasSize(3);
  }

  private static List<String> table(Path folder) {
    List<String> words = new ArrayList<>(List.of("energy", "table", "--save", folder.toString()));
    words.addAll(List.of("--methods", "inherit", "--"));
    words.addAll(Arrays.asList(Child.RUN.split(" ")).subList(1, Child.RUN.split(" ").length));
    words.set(words.indexOf("0.3,0.5,0.7"), "0.5");
    return words;
  }

  /** The rows of the table without what it took. */
  private static List<List<String>> timeless(Path folder) throws IOException {
    List<String> lines = Files.readAllLines(folder.resolve("energy.csv"));
    List<String> head = List.of(lines.get(0).split(",", -1));
    List<List<String>> rows = new ArrayList<>();
    for (String line : lines) {
      List<String> row = new ArrayList<>();
      String[] cells = line.split(",", -1);
      for (int i = 0; i < head.size(); i++) {
        if (!head.get(i).contains("seconds")) {
          row.add(cells[i]);
        }
      }
      rows.add(row);
    }
    return rows;
  }
}
