package io.earlybird.training;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.energy.Phase;
import io.earlybird.tensor.HostTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Trains a pruned network (paper, section 4.1): with the ticket's own weights from the epoch in
 * which it was drawn (inherit), or with fresh ones from the beginning (reinit). The optimizer is
 * fresh, the learning rate is the schedule's for each epoch, and the sparsity term stays on, so
 * that the result can be pruned again.
 */
public final class Retrain implements AutoCloseable {
  private final RunContext context;
  private final String label;
  private final Records records;
  private final EpochLoop loop;
  private final boolean resumed;
  private final int startEpoch;
  private Metrics before;

  /**
   * Begins retraining, or continues the one whose checkpoint lies in the folder.
   *
   * @param pruned the pruned network's file
   * @param folder where checkpoints and {@code record.txt} go
   * @param label name of this training in records and for the user
   * @throws EarlybirdException if the file does not fit the data, or nothing is left to train
   */
  public Retrain(RunContext context, Path pruned, Path folder, String label) {
    this(context, pruned, folder, label, Optional.empty());
  }

  /**
   * As the other constructor.
   *
   * @param beginning the state that new retraining goes on with; empty for what the method says
   */
  public Retrain(
      RunContext context, Path pruned, Path folder, String label, Optional<Beginning> beginning) {
    this.context = context;
    this.label = label;
    SavedNetwork saved = SavedNetwork.read(pruned).fitTo(context.train());
    RetrainSettings how = context.settings().retraining();
    boolean inherits = how.method() == RetrainSettings.Method.INHERIT;
    startEpoch = beginning.map(Beginning::epoch).orElseGet(() -> firstEpoch(how, saved, inherits));
    int epochs = context.settings().training().epochs();
    if (startEpoch >= epochs) {
      throw new EarlybirdException(
          String.format(
              "nothing to train: retraining begins with epoch index %d (--start-epoch), and"
                  + " --epochs is %d",
              startEpoch, epochs));
    }
    Path newest = folder.resolve(CheckpointStore.NEWEST);
    resumed = Files.exists(newest);
    Checkpoint checkpoint = resumed ? Checkpoint.read(newest) : null;
    records =
        new Records(
            context.folder().metrics(), folder, label, context.settings().precision().swa());
    loop =
        new EpochLoop(context, folder, records, saved.network(), null, Optional.of(saved.info()));
    try {
      if (resumed) {
        loop.resume(checkpoint);
      } else if (beginning.isPresent()) {
        loop.start(beginning.get());
        loop.saveStart();
        evaluateBefore("resume");
      } else {
        long seed = context.settings().training().seed();
        Map<String, HostTensor> weights =
            inherits ? saved.state() : saved.network().initialState(seed);
        loop.start(weights, startEpoch);
        evaluateBefore(how.method().label());
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private int firstEpoch(RetrainSettings how, SavedNetwork saved, boolean inherits) {
    if (how.startEpoch() >= 0) {
      return how.startEpoch();
    }
    if (inherits && saved.info().epoch() == OriginalNetworks.NO_EPOCH) {
      context
          .progress()
          .say(
              saved.file()
                  + " does not say when its ticket was drawn: retraining begins with the first"
                  + " epoch; --start-epoch says otherwise");
      return 0;
    }
    return inherits ? saved.info().epoch() : 0;
  }

  private void evaluateBefore(String method) {
    before =
        loop.trainer()
            .evaluate(
                batches -> !context.stop().isRequested(),
                Phase.EVALUATION_BEFORE,
                records.energyBefore(context.energy()));
    if (!loop.trainer().isEvaluated()) {
      throw new StoppedException("stopped before " + label + " was trained");
    }
    records.event(
        "start",
        Map.of(
            "method", method,
            "first_epoch", startEpoch,
            "test_accuracy", before.top1Percent()));
  }

  /** Whether it continues an earlier run. */
  public boolean isResumed() {
    return resumed;
  }

  /** Index of the first epoch that is trained. */
  public int startEpoch() {
    return startEpoch;
  }

  /** Test figures before the first step; null if it continues an earlier run. */
  public Metrics before() {
    return before;
  }

  /** Trains to the last epoch. */
  public void run() {
    loop.run(context.settings().training().epochs(), label);
  }

  /** How far it is. */
  public RunState state() {
    return loop.state();
  }

  /** The network's present values. */
  public Map<String, HostTensor> weights() {
    return loop.trainer().state();
  }

  @Override
  public void close() {
    loop.close();
    records.close();
  }
}
