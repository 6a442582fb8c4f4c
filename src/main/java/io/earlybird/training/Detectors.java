package io.earlybird.training;

import io.earlybird.nn.BatchNorm2d;
import io.earlybird.plan.Work;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tickets.ChannelMask;
import io.earlybird.tickets.DetectorTensors;
import io.earlybird.tickets.EarlyBirdDetector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The detectors of one search, one per pruning ratio, all shown the same scales. */
final class Detectors {
  private final List<EarlyBirdDetector> detectors;

  private Detectors(List<EarlyBirdDetector> detectors) {
    this.detectors = detectors;
  }

  /** Detectors that have seen nothing. */
  static Detectors of(TicketSettings settings) {
    return new Detectors(settings.detectors().stream().map(EarlyBirdDetector::new).toList());
  }

  /**
   * Detectors that have seen what came before an epoch, and have drawn nothing yet.
   *
   * @param scales by epoch index; epochs before a gap are not looked at
   * @param epoch index of the epoch that comes next
   */
  static Detectors after(TicketSettings settings, Map<Integer, List<float[]>> scales, int epoch) {
    int from = epoch;
    while (scales.containsKey(from - 1)) {
      from--;
    }
    List<EarlyBirdDetector> out = new ArrayList<>();
    for (EarlyBirdDetector.Settings s : settings.detectors()) {
      List<ChannelMask> masks = new ArrayList<>();
      for (int e = Math.max(from, epoch - s.masks()); e < epoch; e++) {
        masks.add(ChannelMask.of(scales.get(e), s.ratio()));
      }
      int last = masks.isEmpty() ? -1 : epoch - 1;
      out.add(new EarlyBirdDetector(s, new EarlyBirdDetector.State(masks, last, -1, 1, -1)));
    }
    return new Detectors(out);
  }

  /**
   * Detectors as a checkpoint has them. A ratio that it does not know starts afresh.
   *
   * @throws io.earlybird.EarlybirdException if its tensors are no detector's
   */
  static Detectors restore(TicketSettings settings, Map<String, HostTensor> tensors) {
    List<EarlyBirdDetector> out = new ArrayList<>();
    for (EarlyBirdDetector.Settings s : settings.detectors()) {
      String prefix = prefix(s.ratio());
      out.add(
          tensors.containsKey(prefix + "masks")
              ? new EarlyBirdDetector(s, DetectorTensors.read(prefix, tensors))
              : new EarlyBirdDetector(s));
    }
    return new Detectors(out);
  }

  private static String prefix(double ratio) {
    return "detector." + ratio + ".";
  }

  /** Adds what a checkpoint needs to know. */
  void save(Map<String, HostTensor> tensors) {
    detectors.forEach(
        d -> tensors.putAll(DetectorTensors.of(prefix(d.settings().ratio()), d.state())));
  }

  /**
   * Shows the scales at the start of an epoch.
   *
   * @param scales one array {@code [C]} per batch norm in the network's order
   */
  List<Progress.Sight> observe(int epoch, List<float[]> scales) {
    return detectors.stream()
        .map(d -> new Progress.Sight(d.settings().ratio(), d.observe(epoch, scales)))
        .toList();
  }

  /**
   * Operations and bytes of one {@link #observe}: for each ratio the magnitudes are sorted,
   * compared with the threshold, and the mask with those in the queue.
   */
  Work work(List<BatchNorm2d> layers) {
    long n = layers.stream().mapToLong(l -> l.weight().shape().size()).sum();
    long sorting = n * (64 - Long.numberOfLeadingZeros(n));
    Work work = Work.NONE;
    for (EarlyBirdDetector d : detectors) {
      long operations = sorting + n + n * (d.settings().queue() - 1);
      work = work.plus(Work.of(Work.Part.MASK_DISTANCE, DType.F32, operations, 4 * n, n));
    }
    return work;
  }

  /** Whether every ratio's ticket is drawn. */
  boolean allDrawn() {
    return detectors.stream().allMatch(d -> d.drawnEpoch().isPresent());
  }

  /** The detectors in the order of the ratios. */
  List<EarlyBirdDetector> list() {
    return detectors;
  }
}
