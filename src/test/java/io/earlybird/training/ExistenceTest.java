package io.earlybird.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.earlybird.backend.Backend;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.tensor.DType;
import io.earlybird.tickets.EarlyBirdDetector.Rule;
import io.earlybird.training.Existence.Point;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExistenceTest {
  private static final Settings SETTINGS =
      Tiny.settings(
          Tiny.training(2, 0.05, 1), new TicketSettings(List.of(0.5), Rule.QUEUE, 0, 2, false));

  @TempDir Path temp;
  private final Backend backend = new ReferenceBackend(DType.F32);

  /** Counts epochs; asks for a stop after the n-th. */
  private static final class Counter implements Progress {
    final StopSignal stop = new StopSignal();
    private final int stopAfter;
    private int epochs;

    Counter(int stopAfter) {
      this.stopAfter = stopAfter;
    }

    @Override
    public void epochEnds(EpochRow row) {
      if (++epochs == stopAfter) {
        stop.request();
      }
    }
  }

  private List<Point> run(Path path, ExistenceSettings wanted, Counter counter) {
    boolean resumes = Files.exists(path.resolve(RunFolder.CONFIG));
    try (RunFolder folder = resumes ? RunFolder.open(path) : RunFolder.create(path, SETTINGS)) {
      RunContext context =
          new RunContext(folder, SETTINGS, backend, Tiny.TRAIN, Tiny.TEST, counter.stop, counter);
      return new Existence(context, wanted).run();
    }
  }

  @Test
  void drawsRetrainsAndPlotsForBothSchedulesWhateverStopsIt() {
    ExistenceSettings wanted = new ExistenceSettings(List.of(2, 0), 1, List.of(0), null);
    Path path = temp.resolve("a");
    Counter whole = new Counter(-1);
    List<Point> points = run(path, wanted, whole);
    // Per schedule: dense, two drawn, one from the best; two epochs each.
    assertThat(points).hasSize(8);
    assertThat(whole.epochs).isEqualTo(16);
    assertThat(points).extracting(Point::second).filteredOn(s -> s).hasSize(4);
    assertThat(points).filteredOn(p -> p.ratio() == 0).hasSize(2);
    assertThat(points).filteredOn(Point::best).hasSize(2);
    assertThat(points).extracting(Point::drawn).contains(0, 2);
    assertThat(path.resolve("existence.png")).isNotEmptyFile();
    assertThat(path.resolve("existence.svg"))
        .content()
        .contains("unpruned", "unpruned, second schedule", "p = 0.5", "<polygon");
    assertThat(ExistenceResults.read(path)).isEqualTo(points);

    // Finished parts are reused; another seed trains its own parts alone.
    Counter more = new Counter(-1);
    List<Point> two = run(path, new ExistenceSettings(List.of(0, 2), 2, List.of(0), null), more);
    assertThat(more.epochs).isEqualTo(12);
    assertThat(two).hasSize(14).containsAll(points);
    assertThat(RunReport.html(path)).contains("Existence", "<polygon");

    Path pieces = temp.resolve("pieces");
    List<Point> again = null;
    int stops = 0;
    while (again == null) {
      try {
        again = run(pieces, wanted, new Counter(5));
      } catch (StoppedException e) {
        assertThat(++stops).isLessThan(10);
      }
    }
    assertThat(stops).isPositive();
    assertThat(again).isEqualTo(points);
  }

  @Test
  void whatWasNotKeptOrIsNeverTrainedIsRefused() {
    Path path = temp.resolve("a");
    ExistenceSettings first = new ExistenceSettings(List.of(2), 1, null, null);
    assertThat(run(path, first, new Counter(-1))).hasSize(3);
    assertThatThrownBy(
            () -> run(path, new ExistenceSettings(List.of(1), 1, null, null), new Counter(-1)))
        .hasMessageContaining("past it");
    assertThatThrownBy(
            () -> run(path, new ExistenceSettings(List.of(3), 1, null, null), new Counter(-1)))
        .hasMessageContaining("only 2 epochs");
    assertThatThrownBy(() -> new ExistenceSettings(List.of(-1), 1, null, null))
        .hasMessageContaining("--draw");
    assertThatThrownBy(() -> new ExistenceSettings(List.of(1), 0, null, null))
        .hasMessageContaining("--seeds");
  }

  @Test
  void seedsAreJoinedToMeanAndDeviation() {
    List<Point> points =
        List.of(
            new Point(false, 0, 0, false, 1, 4, 93, 93.5),
            new Point(false, 0.3, 10, false, 1, 4, 90, 91),
            new Point(false, 0.3, 10, false, 2, 4, 92, 93),
            new Point(false, 0.3, 10, true, 1, 4, 80, 80));
    List<ExistenceResults.Summary> all = ExistenceResults.summaries(points);
    assertThat(all).hasSize(3);
    assertThat(all.get(1).mean()).isEqualTo(91);
    assertThat(all.get(1).deviation()).isCloseTo(Math.sqrt(2), offset(1e-12));
    assertThat(all.get(1).bestMean()).isEqualTo(92);
    assertThat(ExistenceResults.table(points)).contains("91.00 ± 1.41", "10 (best)", "dense");
    assertThat(ExistenceResults.figure(points).svg()).contains("0.3: 10.0000, 91.0000 ± 1.41");
  }
}
