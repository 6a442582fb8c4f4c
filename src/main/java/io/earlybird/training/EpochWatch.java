package io.earlybird.training;

import java.util.function.IntConsumer;

/**
 * Looks at the counters of an epoch now and then while it is trained: tells how far it is, ends it
 * where the loss is not finite or a stop is asked for, and saves when it is time to.
 */
final class EpochWatch implements Watch {
  private static final long POLL_NANOS = 100_000_000L;

  private final RunContext context;
  private final Trainer trainer;
  private final IntConsumer saver;
  private long began;
  private double waitedBefore;
  private long imagesBefore;
  private long lastPoll;
  private long lastSave;

  /**
   * A watch over a trainer's epochs.
   *
   * @param saver saves in the middle of an epoch, is given the number of batches done
   */
  EpochWatch(RunContext context, Trainer trainer, IntConsumer saver) {
    this.context = context;
    this.trainer = trainer;
    this.saver = saver;
  }

  /** Training of an epoch, or of the rest of one, begins. */
  void begin() {
    began = System.nanoTime();
    waitedBefore = trainer.waitedSeconds();
    imagesBefore = trainer.metrics().images();
    lastPoll = began;
  }

  /** Something was saved just now. */
  void saved() {
    lastSave = System.nanoTime();
  }

  /** The state after what was trained since {@link #begin}. */
  RunState after(RunState before) {
    return before.after(seconds(System.nanoTime()), trainer.waitedSeconds() - waitedBefore);
  }

  private double seconds(long now) {
    return (now - began) * 1e-9;
  }

  /** After every batch: allocates nothing unless it is time to look at the counters. */
  @Override
  public boolean goOn(int batches) {
    if (context.stop().isRequested()) {
      return false;
    }
    long now = System.nanoTime();
    if (now - lastPoll < POLL_NANOS) {
      return true;
    }
    lastPoll = now;
    Metrics soFar = trainer.metrics();
    double rate = (soFar.images() - imagesBefore) / seconds(now);
    context.progress().batchesDone(batches, soFar, rate);
    if (soFar.firstNonFinite() >= 0) {
      return false;
    }
    long interval = context.saving().checkpointSeconds() * 1_000_000_000L;
    if (interval > 0 && now - lastSave > interval) {
      saver.accept(batches);
      saved();
    }
    return true;
  }
}
