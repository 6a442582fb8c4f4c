package io.earlybird.training;

import io.earlybird.EarlybirdException;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How far the training of one network is, beside its tensors. Immutable.
 *
 * @param epoch index of the epoch that is being trained, or comes next
 * @param begun whether that epoch has begun: its mask was taken and its order set
 * @param seconds time spent in its training steps so far
 * @param waited part of them in which steps waited for images; NaN if they are in memory
 * @param rows the epochs that are done
 */
public record RunState(
    int epoch, boolean begun, double seconds, double waited, List<EpochRow> rows) {
  private static final String POSITION = "run.position";
  private static final String ROWS = "run.rows";

  /** Copies the list. */
  public RunState {
    rows = List.copyOf(rows);
  }

  /** The state before an epoch, with nothing done yet. */
  static RunState at(int epoch) {
    return new RunState(epoch, false, 0, 0, List.of());
  }

  /** The epoch has begun. */
  RunState beginning() {
    return new RunState(epoch, true, seconds, waited, rows);
  }

  /** Time was spent in the epoch. */
  RunState after(double moreSeconds, double moreWaited) {
    return new RunState(epoch, begun, seconds + moreSeconds, waited + moreWaited, rows);
  }

  /** The epoch is done. */
  RunState done(EpochRow row) {
    List<EpochRow> more = new ArrayList<>(rows);
    more.add(row);
    return new RunState(epoch + 1, false, 0, 0, more);
  }

  /** The first epoch with the highest test accuracy. */
  public Optional<EpochRow> best() {
    // max() keeps the last of equals, so the order of epochs is reversed within equal accuracies.
    return rows.stream()
        .max(
            Comparator.comparingDouble(EpochRow::testTop1)
                .thenComparing(Comparator.comparingInt(EpochRow::epoch).reversed()));
  }

  /** The newest epoch that is done. */
  public Optional<EpochRow> last() {
    return rows.isEmpty() ? Optional.empty() : Optional.of(rows.get(rows.size() - 1));
  }

  /** Time spent in training steps, of all epochs. */
  public double trainSeconds() {
    return seconds + rows.stream().mapToDouble(EpochRow::trainSeconds).sum();
  }

  /** Adds what a checkpoint needs to know. */
  void save(Map<String, HostTensor> tensors) {
    tensors.put(
        POSITION,
        HostTensor.ofDoubles(
            TensorSpec.of(DType.F64, 4), new double[] {epoch, begun ? 1 : 0, seconds, waited}));
    tensors.put(ROWS, EpochRow.toTensor(rows));
  }

  /**
   * What {@link #save} put into a checkpoint.
   *
   * @param source named in the message
   * @throws EarlybirdException if it is not there
   */
  static RunState of(Map<String, HostTensor> tensors, Object source) {
    HostTensor position = tensors.get(POSITION);
    HostTensor rows = tensors.get(ROWS);
    if (position == null || rows == null) {
      throw new EarlybirdException(
          source + ": cannot be resumed: it is not the checkpoint of a training run");
    }
    return new RunState(
        (int) position.get(0),
        position.get(1) == 1,
        position.get(2),
        position.get(3),
        EpochRow.ofTensor(rows));
  }
}
