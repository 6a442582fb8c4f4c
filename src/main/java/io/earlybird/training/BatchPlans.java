package io.earlybird.training;

import io.earlybird.data.Batches;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Work;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * The plans that walk through a data set: one for whole batches and, where images are left over,
 * one for the last partial batch, which is never padded: that would change batch norm's statistics.
 */
final class BatchPlans {
  private final BatchFeed feed;
  private final IntFunction<Plan> maker;
  private final Batches batches;
  private final Plan whole;
  private final Plan last;
  private Work wholeWork;
  private Work lastWork;
  private final Map<Integer, Plan> others = new HashMap<>();

  /**
   * Makes the plans.
   *
   * @param maker makes the plan for a number of images
   */
  BatchPlans(BatchFeed feed, int batchSize, IntFunction<Plan> maker) {
    this.feed = feed;
    this.maker = maker;
    batches = new Batches(feed.size(), Math.min(batchSize, feed.size()));
    whole = maker.apply(batches.batchSize());
    last = batches.lastSize() == batches.batchSize() ? whole : maker.apply(batches.lastSize());
  }

  /** How the set is cut. */
  Batches batches() {
    return batches;
  }

  /** The plan for whole batches. */
  Plan whole() {
    return whole;
  }

  /**
   * Operations and bytes of some batches.
   *
   * @param first batch to begin with
   * @param end the batch after the last one
   */
  Work work(int first, int end) {
    if (wholeWork == null) {
      wholeWork = whole.work();
      lastWork = last == whole ? wholeWork : last.work();
    }
    boolean withLast = first < end && end == batches.count();
    Work work = wholeWork.times(Math.max(0, end - first - (withLast ? 1 : 0)));
    return withLast ? work.plus(lastWork) : work;
  }

  /**
   * Runs batch after batch.
   *
   * @param first batch to begin with
   * @param watch asked after every batch; false stops
   * @return the batch that would come next; the number of batches if none does
   */
  int run(int first, Watch watch) {
    int count = batches.count();
    int batch = first;
    boolean on = true;
    while (batch < count && on) {
      int size = feed.supply(batches.size(batch));
      if (size > 0) {
        plan(size).run();
      }
      batch++;
      on = watch.goOn(batch);
    }
    return batch;
  }

  /** The plan for a number of images; one of a batch from which images were left out is new. */
  private Plan plan(int size) {
    if (size == batches.batchSize()) {
      return whole;
    }
    return size == batches.lastSize() ? last : others.computeIfAbsent(size, maker::apply);
  }
}
