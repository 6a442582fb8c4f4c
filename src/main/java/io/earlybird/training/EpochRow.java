package io.earlybird.training;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * What one epoch came to.
 *
 * @param epoch index of the epoch, from 0
 * @param learningRate its learning rate
 * @param trainLoss mean loss over the training images, as they passed
 * @param trainTop1 percent of them classified rightly, as they passed
 * @param testLoss mean loss over the test images after the epoch
 * @param testTop1 percent of them classified rightly
 * @param testTop5 percent of them with the right class among the first five
 * @param images training images
 * @param trainSeconds time spent in training steps
 * @param testSeconds time spent in evaluation
 * @param waitSeconds part of the training time in which the step waited for images; NaN if they are
 *     in memory
 * @param skipped different damaged images, training and test, that were passed over so far
 * @param averageTop1 percent of test images that the averaged network classifies rightly; NaN if
 *     none is averaged yet
 */
public record EpochRow(
    int epoch,
    double learningRate,
    double trainLoss,
    double trainTop1,
    double testLoss,
    double testTop1,
    double testTop5,
    long images,
    double trainSeconds,
    double testSeconds,
    double waitSeconds,
    long skipped,
    double averageTop1) {
  private static final int COLUMNS = 13;

  /** Training images per second. */
  public double imagesPerSecond() {
    return images / Math.max(trainSeconds, 1e-9);
  }

  /** Share of the training time in which the step waited for images; NaN if they are in memory. */
  public double waitShare() {
    return waitSeconds / Math.max(trainSeconds, 1e-9);
  }

  /** Rows as a tensor {@code [rows, 13]} of F64, in the order of the components. */
  static HostTensor toTensor(List<EpochRow> rows) {
    double[] values = new double[rows.size() * COLUMNS];
    int at = 0;
    for (EpochRow r : rows) {
      for (double v : r.values()) {
        values[at++] = v;
      }
    }
    return HostTensor.ofDoubles(TensorSpec.of(DType.F64, rows.size(), COLUMNS), values);
  }

  private double[] values() {
    return new double[] {
      epoch,
      learningRate,
      trainLoss,
      trainTop1,
      testLoss,
      testTop1,
      testTop5,
      images,
      trainSeconds,
      testSeconds,
      waitSeconds,
      skipped,
      averageTop1
    };
  }

  /** What {@link #toTensor} gave. */
  static List<EpochRow> ofTensor(HostTensor tensor) {
    double[] v = tensor.doubles();
    List<EpochRow> rows = new ArrayList<>();
    for (int i = 0; i < v.length; i += COLUMNS) {
      rows.add(
          new EpochRow(
              (int) v[i],
              v[i + 1],
              v[i + 2],
              v[i + 3],
              v[i + 4],
              v[i + 5],
              v[i + 6],
              (long) v[i + 7],
              v[i + 8],
              v[i + 9],
              v[i + 10],
              (long) v[i + 11],
              v[i + 12]));
    }
    return rows;
  }
}
