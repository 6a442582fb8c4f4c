package io.earlybird.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.earlybird.backend.Backend;
import io.earlybird.tickets.EarlyBirdDetector.Rule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@ValueSource(strings = {"reference", "cpu"})
class PipelineTest {
  private static final Settings SETTINGS = Tiny.settings(Tiny.training(4, 0.05, 1), Tiny.EAGER);

  @TempDir Path temp;
  private final Backend backend;

  PipelineTest(String backend) {
    this.backend = Tiny.backend(backend);
  }

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  /** Asks for a stop when the n-th look at the run comes, and notes what happens. */
  private static final class Watcher implements Progress {
    final StopSignal stop = new StopSignal();
    final List<Ticket> drawn = new ArrayList<>();
    final List<Prune.Pruned> pruned = new ArrayList<>();
    private final IntPredicate stopsAt;
    private int looks;

    Watcher(IntPredicate stopsAt) {
      this.stopsAt = stopsAt;
    }

    private void look() {
      if (stopsAt.test(looks++)) {
        stop.request();
      }
    }

    @Override
    public void epochBegins(Epoch epoch, int batchesDone) {
      look();
    }

    @Override
    public void epochEnds(EpochRow row) {
      look();
    }

    @Override
    public void drawn(Ticket ticket) {
      drawn.add(ticket);
    }

    @Override
    public void pruned(Prune.Pruned p) {
      pruned.add(p);
    }
  }

  private Pipeline.Outcome run(Path path, Settings settings, Watcher watcher) {
    boolean resumes = Files.exists(path.resolve(RunFolder.CONFIG));
    try (RunFolder folder = resumes ? RunFolder.open(path) : RunFolder.create(path, settings)) {
      RunContext context = Tiny.context(backend, folder, settings, watcher.stop, watcher);
      return new Pipeline(context).run();
    }
  }

  private static List<String> hashes(Pipeline.Outcome outcome) {
    return outcome.comparison().entries().stream().map(Comparison.Entry::sha256).toList();
  }

  @Test
  void drawsPrunesRetrainsAndCompares() throws Exception {
    Watcher watcher = new Watcher(look -> false);
    Pipeline.Outcome outcome = run(temp.resolve("a"), SETTINGS, watcher);

    assertThat(watcher.drawn).hasSize(2).allMatch(t -> t.epoch() == 1 && t.drawn());
    assertThat(watcher.pruned).hasSize(2);
    for (Prune.Pruned p : watcher.pruned) {
      assertThat(p.pruned().top1()).isEqualTo(p.masked().top1());
      assertThat(p.pruned().loss()).isCloseTo(p.masked().loss(), offset(1e-5));
      assertThat(p.flopRatio()).isLessThan(1);
    }
    List<Comparison.Entry> entries = outcome.comparison().entries();
    assertThat(entries)
        .extracting(Comparison.Entry::name)
        .containsExactly("dense", "ticket 30%", "ticket 50%");
    // One of four epochs searched, three trained.
    Comparison.Entry dense = entries.get(0);
    Comparison.Entry half = entries.get(2);
    double expected = 0.25 + 0.75 * half.stepFlops() / dense.stepFlops();
    assertThat(half.trainingFlops() / dense.trainingFlops()).isCloseTo(expected, offset(1e-9));
    assertThat(outcome.missed()).isEmpty();
    assertThat(outcome.comparison().toTable().lines()).hasSize(5);
    int networks = outcome.comparison().entries().size();
    String measured = outcome.comparison().toTable(Collections.nCopies(networks, 1234.4));
    assertThat(measured.lines().toList())
        .anyMatch(line -> line.endsWith(" joules"))
        .anyMatch(line -> line.startsWith("dense ") && line.endsWith(" 1,234"))
        .anyMatch(line -> line.contains("seconds and joules: training"));

    for (String file :
        List.of(
            "config.json",
            "metrics.jsonl",
            "summary.json",
            "mask-distance.png",
            "dense/scales.npy",
            "dense/record.txt",
            "dense/checkpoint.safetensors",
            "dense/model_best.safetensors",
            "dense/EB-30-2.safetensors",
            "dense/EB-50-2.safetensors",
            "ticket-30/pruned.safetensors",
            "ticket-30/prune.txt",
            "ticket-30/record.txt",
            "ticket-30/checkpoint.safetensors")) {
      assertThat(temp.resolve("a").resolve(file)).isNotEmptyFile();
    }
    assertThat(Files.readAllLines(temp.resolve("a/dense/record.txt"))).hasSize(4);
    assertThat(Files.readAllLines(temp.resolve("a/ticket-30/record.txt"))).hasSize(3);
  }

  @Test
  void stoppedAnywhereAndResumedItEndsWithTheSameBits() throws Exception {
    Watcher undisturbed = new Watcher(look -> false);
    List<String> expected = hashes(run(temp.resolve("whole"), SETTINGS, undisturbed));
    Path path = temp.resolve("pieces");
    int stops = 0;
    Pipeline.Outcome outcome = null;
    while (outcome == null) {
      // Every third look: in the middle of an epoch, before it, after it.
      Watcher watcher = new Watcher(look -> look == 2);
      try {
        outcome = run(path, SETTINGS, watcher);
      } catch (StoppedException e) {
        assertThat(e.exitCode()).isEqualTo(130);
        assertThat(++stops).isLessThan(30);
      }
    }
    assertThat(stops).isGreaterThan(4);
    assertThat(hashes(outcome)).isEqualTo(expected);
    for (String file : List.of("dense/record.txt", "ticket-50/record.txt", "dense/scales.npy")) {
      assertThat(path.resolve(file)).hasSameBinaryContentAs(temp.resolve("whole").resolve(file));
    }
    long lines = Files.lines(path.resolve("metrics.jsonl")).count();
    assertThat(lines).isEqualTo(Files.lines(temp.resolve("whole/metrics.jsonl")).count());
  }

  @Test
  void withoutADrawItSaysHowNearItCameAndPrunesNothing() {
    TicketSettings strict = new TicketSettings(List.of(0.3), Rule.QUEUE, 0, 3, false);
    Watcher watcher = new Watcher(look -> false);
    Pipeline.Outcome outcome =
        run(temp.resolve("a"), Tiny.settings(Tiny.training(4, 0.05, 1), strict), watcher);
    assertThat(watcher.drawn).isEmpty();
    assertThat(outcome.missed()).hasSize(1);
    assertThat(outcome.missed().get(0).nearest()).isBetween(0.01, 1.0);
    assertThat(outcome.comparison().entries()).hasSize(1);
  }

  @Test
  void withElseLastItTakesTheLastMask() {
    TicketSettings strict = new TicketSettings(List.of(0.3), Rule.QUEUE, 0, 3, true);
    Watcher watcher = new Watcher(look -> false);
    Pipeline.Outcome outcome =
        run(temp.resolve("a"), Tiny.settings(Tiny.training(4, 0.05, 1), strict), watcher);
    assertThat(watcher.drawn).hasSize(1);
    assertThat(watcher.drawn.get(0).drawn()).isFalse();
    assertThat(watcher.drawn.get(0).epoch()).isEqualTo(3);
    assertThat(outcome.comparison().entries()).hasSize(2);
    assertThat(outcome.comparison().toTable()).contains("last 4");
  }

  @Test
  void reinitBeginsAgainWithFreshWeights() {
    Settings s = SETTINGS;
    Settings reinit =
        new Settings(
            s.command(),
            s.network(),
            s.data(),
            s.training(),
            new TicketSettings(List.of(0.5), Rule.QUEUE, 1, 2, false),
            new RetrainSettings(RetrainSettings.Method.REINIT, null, -1),
            s.engine(),
            s.saving());
    Pipeline.Outcome outcome = run(temp.resolve("a"), reinit, new Watcher(look -> false));
    Comparison.Entry dense = outcome.comparison().entries().get(0);
    Comparison.Entry half = outcome.comparison().entries().get(1);
    // One epoch searched and all four trained.
    assertThat(half.trainingFlops() / dense.trainingFlops())
        .isCloseTo(0.25 + (double) half.stepFlops() / dense.stepFlops(), offset(1e-9));
  }

  @Test
  void baselinesAreTrainedBesideTheTickets() {
    TicketSettings half = new TicketSettings(List.of(0.5), Rule.QUEUE, 1, 2, false);
    // Training in full precision beside a search in low precision is LowPrecisionRunTest's.
    List<Baseline> full =
        Arrays.stream(Baseline.values()).filter(b -> b != Baseline.FULL_PRECISION).toList();
    RetrainSettings all = new RetrainSettings(RetrainSettings.Method.INHERIT, null, -1, full);
    Settings settings = Tiny.settings(Tiny.training(4, 0.05, 1), half).with(all);
    Path path = temp.resolve("a");
    List<Comparison.Entry> entries =
        run(path, settings, new Watcher(look -> false)).comparison().entries();
    assertThat(entries)
        .extracting(Comparison.Entry::name)
        .containsExactly(
            "dense",
            "ticket 50%",
            "lottery-ticket 50%",
            "network-slimming 50%",
            "reinit 50%",
            "random 50%",
            "magnitude 50%");
    double dense = entries.get(0).trainingFlops();
    for (Comparison.Entry e : entries.subList(1, 7)) {
      // From the end: all epochs twice; else one of four searched, and three trained, or all.
      boolean fromTheEnd = e.drawnEpoch() < 0;
      assertThat(fromTheEnd).isEqualTo(e.name().matches("(lottery|network).*"));
      double narrow = (double) e.stepFlops() / entries.get(0).stepFlops();
      double trained = e.name().startsWith("reinit") ? 1 : 0.75;
      assertThat(e.trainingFlops() / dense)
          .isCloseTo(fromTheEnd ? 1 + narrow : 0.25 + trained * narrow, offset(1e-9));
    }
    assertThat(entries.get(4).stepFlops()).isEqualTo(entries.get(1).stepFlops());
    assertThatThrownBy(
            () ->
                settings.with(
                    new RetrainSettings(
                        RetrainSettings.Method.INHERIT,
                        null,
                        -1,
                        List.of(Baseline.FULL_PRECISION))))
        .hasMessageContaining("full-precision");
    assertThat(entries.stream().map(Comparison.Entry::sha256)).doesNotHaveDuplicates();

    // The lottery ticket has the structure of the trained network and the weights of the fresh one.
    SavedNetwork fresh = SavedNetwork.read(path.resolve("init.safetensors"));
    assertThat(fresh.state()).isEqualTo(Tiny.network().initialState(1));
    SavedNetwork lottery = SavedNetwork.read(path.resolve("lottery-ticket-50/pruned.safetensors"));
    SavedNetwork slim = SavedNetwork.read(path.resolve("network-slimming-50/pruned.safetensors"));
    assertThat(lottery.network().spec()).isEqualTo(slim.network().spec());
    assertThat(lottery.network().scales(lottery.state()))
        .allSatisfy(layer -> assertThat(layer).containsOnly(0.5f));
    assertThat(slim.state()).isNotEqualTo(lottery.state());
  }

  @Test
  void divergenceNamesTheStepAndKeepsTheLastGoodCheckpoint() {
    Settings wild = Tiny.settings(Tiny.training(4, 1e30, 1), Tiny.EAGER);
    assertThatThrownBy(() -> run(temp.resolve("a"), wild, new Watcher(look -> false)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("step 1")
        .hasMessageContaining("--lr");
    assertThat(new DivergedException("").exitCode()).isEqualTo(3);
  }

  @Test
  void twoRunsInOneFolderAreRefused() {
    Path path = temp.resolve("a");
    try (RunFolder folder = RunFolder.create(path, SETTINGS)) {
      assertThat(folder.settings()).isEqualTo(SETTINGS);
      assertThatThrownBy(() -> RunFolder.open(path)).hasMessageContaining("in use");
      assertThatThrownBy(() -> RunFolder.create(path, SETTINGS)).hasMessageContaining("--resume");
    }
    RunFolder.open(path).close();
  }
}
