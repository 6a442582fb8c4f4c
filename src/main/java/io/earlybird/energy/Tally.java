package io.earlybird.energy;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The sum of a window's pieces, when a stop or a crash cut it: it lies in checkpoints, so that an
 * epoch that was resumed has the energy of both pieces and of no work that was lost. Immutable.
 *
 * @param pieces number of windows in the sum
 * @param seconds their time
 * @param total their energy; empty if a piece has none or their sources differ
 * @param images pictures that passed
 * @param operations counted by plans
 * @param bytes counted by plans
 * @param cpuSeconds processor time, NaN if unknown
 */
public record Tally(
    int pieces,
    double seconds,
    Optional<Energy> total,
    long images,
    long operations,
    long bytes,
    double cpuSeconds) {
  /** Nothing yet. */
  public static final Tally NONE = new Tally(0, 0, Optional.empty(), 0, 0, 0, 0);

  private static final int SIZE = 8;

  /** A window alone. */
  public static Tally of(WindowEnergy w) {
    return new Tally(
        1,
        w.seconds(),
        w.total(),
        w.images(),
        w.work().total().allOperations(),
        w.work().total().bytes(),
        w.cpuSeconds());
  }

  /** Both. */
  public Tally plus(Tally other) {
    if (pieces == 0 || other.pieces == 0) {
      return pieces == 0 ? other : this;
    }
    return new Tally(
        pieces + other.pieces,
        seconds + other.seconds,
        Energy.sum(List.of(total, other.total)),
        images + other.images,
        operations + other.operations,
        bytes + other.bytes,
        cpuSeconds + other.cpuSeconds);
  }

  /** As a tensor {@code [8]} of F64, for a checkpoint. */
  public HostTensor toTensor() {
    double[] values = {
      pieces,
      seconds,
      total.map(Energy::joules).orElse(Double.NaN),
      total.filter(Energy::isMeasured).isPresent() ? 1 : 0,
      images,
      operations,
      bytes,
      cpuSeconds
    };
    return HostTensor.ofDoubles(TensorSpec.of(DType.F64, SIZE), values);
  }

  /** What {@link #toTensor} gave; nothing for null. */
  public static Tally ofTensor(HostTensor tensor) {
    if (tensor == null) {
      return NONE;
    }
    double[] v = tensor.doubles();
    Optional<Energy> total =
        Double.isNaN(v[2])
            ? Optional.empty()
            : Optional.of(v[3] == 1 ? Energy.measured(v[2]) : Energy.estimated(v[2]));
    return new Tally((int) v[0], v[1], total, (long) v[4], (long) v[5], (long) v[6], v[7]);
  }

  /**
   * For a record.
   *
   * @param last the newest piece, whose name, meters and remarks stand for all
   */
  public Map<String, Object> toMap(WindowEnergy last) {
    Map<String, Object> map = last.toMap();
    if (pieces < 2) {
      return map;
    }
    Map<String, Object> all = new LinkedHashMap<>(map);
    // What one piece's meters show is no figure of the whole.
    all.remove("meters");
    double joules = total.map(Energy::joules).orElse(Double.NaN);
    all.put("seconds", seconds);
    all.put("joules", joules);
    all.put("source", total.map(e -> e.source().label()).orElse(null));
    all.put("average_watts", joules / seconds);
    all.put("images", images);
    all.put("images_per_joule", images > 0 ? images / joules : Double.NaN);
    if (all.containsKey("joules_above_idle")) {
      all.put("joules_above_idle", joules - last.idleWatts() * seconds);
    }
    all.put("operations", operations);
    all.put("bytes", bytes);
    all.put("cpu_seconds", cpuSeconds);
    List<String> remarks = new ArrayList<>(last.remarks());
    remarks.add("sum of " + pieces + " pieces: the epoch was resumed");
    all.put("remarks", remarks);
    return all;
  }
}
