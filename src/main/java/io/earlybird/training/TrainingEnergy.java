package io.earlybird.training;

import io.earlybird.energy.EnergyWindow;
import io.earlybird.energy.Tally;
import io.earlybird.energy.WindowEnergy;
import java.util.Map;

/**
 * The energy of an epoch's training. An epoch that is stopped and resumed has several windows,
 * whose sum goes through the checkpoints in between.
 */
final class TrainingEnergy {
  private final RunContext context;
  private final Trainer trainer;
  private final String phase;
  private Tally earlier = Tally.NONE;
  private EnergyWindow window;
  private int counted;

  /** Energy under a phase's name. */
  TrainingEnergy(RunContext context, Trainer trainer, String phase) {
    this.context = context;
    this.trainer = trainer;
    this.phase = phase;
  }

  /** A new epoch, or one of which earlier windows came to something. */
  void begin(Tally before) {
    earlier = before;
  }

  /** Opens a window with the batch that comes next. */
  void open() {
    counted = trainer.batchesDone();
    window = context.energy().window(phase);
  }

  /** The epoch so far, with no window open. */
  Tally soFar() {
    return earlier;
  }

  /**
   * The epoch so far, with the window that is open.
   *
   * @param batches batches done
   */
  Tally soFar(int batches) {
    count(batches);
    return earlier.plus(Tally.of(window.soFar()));
  }

  /**
   * Ends the window.
   *
   * @return the epoch's figures with those of all its windows
   */
  Map<String, Object> end() {
    count(trainer.batchesDone());
    WindowEnergy last = window.result();
    window = null;
    if (last.images() > 0 || earlier.pieces() == 0) {
      earlier = earlier.plus(Tally.of(last));
    }
    return earlier.toMap(last);
  }

  /** Closes the window if it did not end. */
  void abandon() {
    if (window != null) {
      window.close();
      window = null;
    }
  }

  /** Adds to the window what was trained since the last time. */
  private void count(int batches) {
    window.add(trainer.work(counted, batches));
    for (; counted < batches; counted++) {
      window.addImages(trainer.batches().size(counted));
    }
  }
}
