package io.earlybird.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Do Early-Bird tickets exist (paper, section 3.1, figure 1)? The dense network is trained to the
 * end; tickets are drawn after chosen numbers of epochs and from the best checkpoint, and each is
 * retrained for all epochs with several seeds. The same may be done with a second learning rate
 * schedule. Finished parts are reused, others go on where they were.
 */
public final class Existence {

  private static final String RESULT = "result.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RunContext context;
  private final ExistenceSettings wanted;

  /**
   * What one training came to.
   *
   * @param second whether it followed the second schedule
   * @param ratio fraction of channels pruned; 0 for the dense network
   * @param drawn epochs trained before the ticket was drawn
   * @param best whether it was drawn from the best checkpoint
   * @param seed of its training
   * @param epochs that were trained
   * @param lastAccuracy test accuracy after the last epoch, percent
   * @param bestAccuracy highest test accuracy of an epoch, percent
   */
  public record Point(
      boolean second,
      double ratio,
      int drawn,
      boolean best,
      long seed,
      int epochs,
      double lastAccuracy,
      double bestAccuracy) {}

  /**
   * An experiment in the run's folder.
   *
   * @throws EarlybirdException if a ticket is wanted after more epochs than are trained
   */
  public Existence(RunContext context, ExistenceSettings wanted) {
    this.context = context;
    this.wanted = wanted;
    int epochs = context.settings().training().epochs();
    if (wanted.draw().stream().anyMatch(e -> e > epochs)) {
      throw new EarlybirdException(
          "--draw " + wanted.draw() + ": only " + epochs + " epochs are trained (--epochs)");
    }
  }

  /**
   * Does what is not done yet and writes the results and the figure into the run's folder.
   *
   * @throws StoppedException if the stop signal came; every part's state is saved
   */
  public List<Point> run() {
    List<Point> points = new ArrayList<>();
    schedule(context, false, points);
    if (wanted.hasSecond()) {
      Settings settings = context.settings();
      schedule(context.with(settings.with(wanted.second(settings.training()))), true, points);
    }
    ExistenceResults.write(context.folder().path(), points);
    return points;
  }

  private void schedule(RunContext with, boolean second, List<Point> points) {
    String prefix = second ? "second-" : "";
    Path folder = context.folder().part(prefix + Pipeline.DENSE);
    int bestEpoch = dense(with, second, prefix, folder, points);
    for (double ratio : context.settings().tickets().ratios()) {
      for (int drawn : wanted.draw()) {
        String name = prefix + "ticket-" + Ticket.percent(ratio) + "-after-" + drawn;
        Point shape = new Point(second, ratio, drawn, false, 0, 0, 0, 0);
        ticket(with, name, source(folder, drawn), shape, points);
      }
      String name = prefix + "ticket-" + Ticket.percent(ratio) + "-best";
      Point shape = new Point(second, ratio, bestEpoch + 1, true, 0, 0, 0, 0);
      ticket(with, name, folder.resolve(CheckpointStore.BEST), shape, points);
    }
  }

  /** Trains the dense network; gives the index of its best epoch. */
  private int dense(
      RunContext with, boolean second, String prefix, Path folder, List<Point> points) {
    String phase = prefix + Search.PHASE;
    Set<Integer> starts = Set.copyOf(wanted.draw());
    try (Search search = new Search(with, folder, Optional.empty(), phase, starts)) {
      search.toTheEnd();
      RunState state = search.state();
      EpochRow best = state.best().orElseThrow();
      long seed = with.settings().training().seed();
      double last = state.last().orElseThrow().testTop1();
      points.add(new Point(second, 0, 0, false, seed, state.epoch(), last, best.testTop1()));
      return best.epoch();
    }
  }

  /** The network after so many epochs of the dense training. */
  private Path source(Path folder, int drawn) {
    int epochs = context.settings().training().epochs();
    Path file =
        drawn == epochs ? folder.resolve(CheckpointStore.NEWEST) : Search.snapshot(folder, drawn);
    if (!Files.exists(file)) {
      throw new EarlybirdException(
          "--draw "
              + drawn
              + ": the dense training is past it and kept nothing there: begin a new run, or leave"
              + " it out");
    }
    return file;
  }

  private void ticket(RunContext with, String name, Path source, Point shape, List<Point> points) {
    Path pruned = null;
    for (int i = 0; i < wanted.seeds(); i++) {
      long seed = with.settings().training().seed() + i;
      Path folder = context.folder().part(name + "-seed-" + seed);
      Optional<Point> done = result(folder);
      if (done.isPresent()) {
        context.progress().say(name + ", seed " + seed + ": done before");
        points.add(done.get());
        continue;
      }
      if (pruned == null) {
        pruned = prune(with, name, source, shape.ratio());
      }
      points.add(retrain(with, pruned, folder, shape, seed));
    }
  }

  private Path prune(RunContext with, String name, Path source, double ratio) {
    requireGoOn();
    context.progress().say(name);
    Prune.Pruned pruned =
        Prune.run(
            with.backend(),
            new Prune.Request(source, OptionalDouble.of(ratio), null, false),
            with.test(),
            with.settings().training().testBatchSize(),
            with.settings().data().loading(),
            context.folder().part(name),
            with.stop(),
            Records.energyOutside(with, name));
    context.progress().pruned(pruned);
    return pruned.file();
  }

  private Point retrain(RunContext with, Path pruned, Path folder, Point shape, long seed) {
    requireGoOn();
    Settings settings = with.settings();
    RetrainSettings.Method method = settings.retraining().method();
    RunContext own =
        with.with(
            settings
                .with(settings.training().withSeed(seed))
                .with(new RetrainSettings(method, null, 0)));
    String label = folder.getFileName().toString();
    try (Retrain retrain = new Retrain(own, pruned, folder, label)) {
      retrain.run();
      RunState state = retrain.state();
      Point point =
          new Point(
              shape.second(),
              shape.ratio(),
              shape.drawn(),
              shape.best(),
              seed,
              state.epoch(),
              state.last().orElseThrow().testTop1(),
              state.best().orElseThrow().testTop1());
      byte[] text = JSON.writeValueAsBytes(point);
      AtomicFile.write(folder.resolve(RESULT), out -> out.write(text));
      return point;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a part came to, if it was trained to the last epoch that is wanted now. */
  private Optional<Point> result(Path folder) {
    Path file = folder.resolve(RESULT);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      Point point = JSON.readValue(file.toFile(), Point.class);
      return Optional.of(point).filter(p -> p.epochs() == context.settings().training().epochs());
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private void requireGoOn() {
    if (context.stop().isRequested()) {
      throw new StoppedException("stopped between two trainings; the state is saved");
    }
  }
}
