package io.earlybird.training;

import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.op.CountMetrics;

/**
 * Sums over the images seen since the counters were cleared.
 *
 * @param images images seen
 * @param lossSum sum of their cross-entropies
 * @param top1 images whose label was the first class
 * @param top5 images whose label was among the first five classes
 * @param firstNonFinite step whose loss was the first that was not finite, or -1
 */
public record Metrics(long images, double lossSum, long top1, long top5, long firstNonFinite) {
  /** Reads the counters that {@link CountMetrics} keeps. */
  static Metrics of(HostTensor counters) {
    return new Metrics(
        (long) counters.get(CountMetrics.IMAGES),
        counters.get(CountMetrics.LOSS_SUM),
        (long) counters.get(CountMetrics.TOP1),
        (long) counters.get(CountMetrics.TOP5),
        (long) counters.get(CountMetrics.FIRST_NON_FINITE) - 1);
  }

  /** Mean cross-entropy per image; 0 before the first. */
  public double loss() {
    return images == 0 ? 0 : lossSum / images;
  }

  /** Percent of images whose label was the first class. */
  public double top1Percent() {
    return percent(top1);
  }

  /** Percent of images whose label was among the first five classes. */
  public double top5Percent() {
    return percent(top5);
  }

  private double percent(long hits) {
    return images == 0 ? 0 : 100.0 * hits / images;
  }
}
