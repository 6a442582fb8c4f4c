package io.earlybird.lossless;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.tensor.HostTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that is killed again and again, at random moments of every phase, and continued each time
 * ends with the bits of a run that was left alone.
 */
class KillTest {
  private static final int KILLS = 50;
  private static final int OF_EACH = 3;

  /** A run is killed so often; then it may end, its result is compared and another begins. */
  private static final int OF_ONE_RUN = 18;

  private static final int ENOUGH = 2 * KILLS;

  /** The search's position once its tickets are drawn and saved: the fourth epoch has begun. */
  private static final int DRAWN = 7;

  /** Its position after six epochs. */
  private static final int TRAINED = 12;

  /** Where a kill hit. */
  private enum Phase {
    START,
    SEARCH,
    DRAWN_NOT_SAVED,
    WRITE,
    PRUNE,
    DENSE,
    RETRAIN,
    EVALUATE
  }

  @TempDir private Path temp;
  private final SplittableRandom random = new SplittableRandom(2026);
  private final Map<Phase, Integer> hits = new EnumMap<>(Phase.class);
  private int kills;

  @Test
  void killedAnywhereAndContinuedItEndsWithTheSameBits(TestReporter reporter) throws Exception {
    Path expected = temp.resolve("whole");
    assertThat(Child.start(cache(), Child.runOrResume(Child.RUN, expected)).exitCode()).isZero();
    for (int run = 0; !isEnough(); run++) {
      Path folder = temp.resolve("run " + run);
      int before = kills;
      boolean ended = false;
      while (!ended && kills - before < OF_ONE_RUN && !isEnough()) {
        ended = !killedOnce(folder);
      }
      Child last = Child.start(cache(), Child.runOrResume(Child.RUN, folder));
      assertThat(last.exitCode()).as("%s", last.err()).isZero();
      RunFiles.requireSame(folder, expected);
      assertThat(kills).as("kills, not yet in every phase: %s", hits).isLessThan(ENOUGH);
    }
    reporter.publishEntry("kills", kills + ": " + hits);
  }

  private Path cache() {
    return temp.resolve("cache");
  }

  private boolean isEnough() {
    return kills >= KILLS
        && EnumSet.allOf(Phase.class).stream().allMatch(p -> hits.getOrDefault(p, 0) >= OF_EACH);
  }

  /** Starts or continues the run and kills it at some moment; false if it ended before. */
  private boolean killedOnce(Path folder) throws Exception {
    Phase wanted = choose(folder);
    Child child = Child.start(cache(), Child.runOrResume(Child.RUN, folder));
    long[] recorded = {0};
    boolean came =
        switch (wanted) {
          case START -> pause(900);
          case SEARCH -> child.awaitLine("run folder") && pause(250);
          case DRAWN_NOT_SAVED -> child.await(() -> isWriting(folder, ".EB-50"));
          case WRITE -> child.await(() -> isWriting(folder, ".checkpoint"));
          case PRUNE -> child.awaitLine("the search ends") && pause(12);
          case DENSE -> child.awaitLine("dense ") && pause(60);
          case RETRAIN -> child.awaitLine("ticket-") && pause(120);
          case EVALUATE -> child.awaitEvaluation(() -> recorded[0] = records(folder));
        };
    child.kill();
    if (came && child.exitCode() != 0) {
      assertThat(child.err()).noneMatch(line -> line.startsWith("earlybird:"));
      kills++;
      note(child, folder, wanted == Phase.EVALUATE && records(folder) == recorded[0]);
      return true;
    }
    assertThat(child.exitCode()).as("%s", child.err()).isZero();
    return false;
  }

  /** The phase that was hit least often, of those that the run has yet before it. */
  private Phase choose(Path folder) {
    boolean drawn = Files.exists(folder.resolve("ticket-30/pruned.safetensors"));
    EnumSet<Phase> all = EnumSet.of(Phase.START, Phase.WRITE, Phase.EVALUATE);
    all.addAll(
        drawn
            ? EnumSet.of(Phase.PRUNE, Phase.DENSE, Phase.RETRAIN)
            : EnumSet.of(Phase.SEARCH, Phase.DRAWN_NOT_SAVED, Phase.PRUNE));
    if (drawn && isDense(folder)) {
      all.remove(Phase.DENSE);
    }
    List<Phase> list = List.copyOf(all);
    Phase one = list.get(random.nextInt(list.size()));
    Phase other = list.get(random.nextInt(list.size()));
    return hits.getOrDefault(one, 0) <= hits.getOrDefault(other, 0) ? one : other;
  }

  private boolean pause(int most) throws InterruptedException {
    Thread.sleep(random.nextInt(most + 1));
    return true;
  }

  private static boolean isWriting(Path folder, String beginning) {
    for (String part : new String[] {"dense", "ticket-30", "ticket-50", "ticket-70"}) {
      String[] files = folder.resolve(part).toFile().list();
      for (String file : files == null ? new String[0] : files) {
        if (file.startsWith(beginning) && file.endsWith(".tmp")) {
          return true;
        }
      }
    }
    return false;
  }

  /** Length of the records so far: it grows when an evaluation has ended. */
  private static long records(Path folder) {
    return folder.resolve("metrics.jsonl").toFile().length();
  }

  /** Judges from what is left where the kill hit; one kill may count for several phases. */
  private void note(Child child, Path folder, boolean evaluating) throws IOException {
    if (!child.said("run folder")) {
      count(Phase.START);
      return;
    }
    RunFiles.requireWhole(folder);
    if (!RunFiles.halfWritten(folder).isEmpty()) {
      count(Phase.WRITE);
    }
    if (evaluating) {
      count(Phase.EVALUATE);
    }
    if (!child.said("the search ends")) {
      count(Phase.SEARCH);
      if (child.said("drawn: 30%") && position(folder) < DRAWN) {
        count(Phase.DRAWN_NOT_SAVED);
      }
    } else if (!child.said("pruned 70%")) {
      count(Phase.PRUNE);
    } else {
      count(isDense(folder) ? Phase.RETRAIN : Phase.DENSE);
    }
  }

  private void count(Phase phase) {
    hits.merge(phase, 1, Integer::sum);
  }

  /** How far the search's checkpoint is: twice the epoch, and one more if that has begun. */
  private static int position(Path folder) {
    Path file = folder.resolve("dense/checkpoint.safetensors");
    if (!Files.exists(file)) {
      return -1;
    }
    HostTensor position = Checkpoint.read(file).tensors().get("run.position");
    return (int) (2 * position.get(0) + position.get(1));
  }

  /** Whether the dense network is trained to the last epoch. */
  private static boolean isDense(Path folder) {
    return position(folder) == TRAINED;
  }
}
