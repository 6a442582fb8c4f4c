package io.earlybird.backend.reference;

import io.earlybird.random.Augmentation;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.AddSign;
import io.earlybird.tensor.op.Augment;
import io.earlybird.tensor.op.CountMetrics;
import io.earlybird.tensor.op.Increment;
import io.earlybird.tensor.op.SgdUpdate;
import io.earlybird.tensor.op.UpdateAverage;
import java.nio.ByteBuffer;

/**
 * What a training step does besides the network: its batch, its metrics, its updates. All of it is
 * bit-exact on every backend; every operation is rounded on its own, in the order written here.
 */
final class StepKernels {
  private StepKernels() {}

  static void augment(Augment op, Arguments a) {
    Shape images = a.shape(0);
    int h = images.dim(1);
    int w = images.dim(2);
    int c = images.dim(3);
    ByteBuffer pixels = a.in(0).buffer();
    ByteBuffer labels = a.in(1).buffer();
    ByteBuffer order = a.in(2).buffer();
    long cursor = a.in(3).scalarLong();
    long step = a.in(4).scalarLong();
    double[] table = a.doubles(5);
    double[] x = new double[op.batch() * h * w * c];
    int[] batchLabels = new int[op.batch()];
    int to = 0;
    for (int j = 0; j < op.batch(); j++) {
      int image = order.getInt(Math.toIntExact(4 * (cursor + j)));
      batchLabels[j] = labels.getInt(4 * image);
      Augmentation draw =
          op.random()
              ? Augmentation.draw(op.seed(), step, j, op.padding())
              : Augmentation.none(op.padding());
      for (int pixel = 0; pixel < h * w; pixel++) {
        int source = draw.source(pixel / w, pixel % w, h, w, op.padding());
        for (int k = 0; k < c; k++) {
          int value = source < 0 ? 0 : pixels.get((image * h * w + source) * c + k) & 0xff;
          x[to++] = table[256 * k + value];
        }
      }
    }
    a.put(0, x);
    a.out(1).put(batchLabels);
  }

  static void countMetrics(CountMetrics op, Arguments a) {
    double[] counters = a.doubles(0);
    double[] logits = a.doubles(1);
    int[] labels = a.in(2).ints();
    double loss = a.in(3).scalar();
    int k = a.shape(1).dim(1);
    counters[CountMetrics.LOSS_SUM] += labels.length * loss;
    counters[CountMetrics.IMAGES] += labels.length;
    counters[CountMetrics.BATCHES]++;
    for (int row = 0; row < labels.length; row++) {
      double own = logits[row * k + labels[row]];
      int before = 0;
      for (int j = 0; j < k; j++) {
        double other = logits[row * k + j];
        before += other > own || (other == own && j < labels[row]) ? 1 : 0;
      }
      if (!Double.isNaN(own)) {
        counters[CountMetrics.TOP1] += before < 1 ? 1 : 0;
        counters[CountMetrics.TOP5] += before < 5 ? 1 : 0;
      }
    }
    if (!Double.isFinite(loss) && counters[CountMetrics.FIRST_NON_FINITE] == 0) {
      counters[CountMetrics.FIRST_NON_FINITE] = a.in(4).scalarLong() + 1;
    }
    a.put(0, counters);
  }

  static void addSign(AddSign op, Arguments a) {
    double[] g = a.doubles(0);
    double[] w = a.doubles(1);
    for (int i = 0; i < g.length; i++) {
      int sign = (w[i] > 0 ? 1 : 0) - (w[i] < 0 ? 1 : 0);
      g[i] = a.round(g[i] + a.round((double) op.scale() * sign));
    }
    a.put(0, g);
  }

  static void sgdUpdate(SgdUpdate op, Arguments a) {
    double[] w = a.doubles(0);
    double[] m = a.doubles(1);
    double[] g = a.doubles(2);
    double lr = a.in(3).scalar();
    for (int i = 0; i < w.length; i++) {
      double d = a.round(g[i] + a.round((double) op.weightDecay() * w[i]));
      m[i] = a.round(a.round((double) op.momentum() * m[i]) + d);
      w[i] = a.round(w[i] - a.round(lr * m[i]));
    }
    a.put(0, w);
    a.put(1, m);
  }

  static void updateAverage(UpdateAverage op, Arguments a) {
    double[] average = a.doubles(0);
    double[] value = a.doubles(1);
    double momentum = a.in(2).scalar();
    double keep = a.round(1 - momentum);
    for (int i = 0; i < average.length; i++) {
      double corrected = a.round((double) op.correction() * value[i]);
      average[i] = a.round(a.round(keep * average[i]) + a.round(momentum * corrected));
    }
    a.put(0, average);
  }

  static void increment(Increment op, Arguments a) {
    a.out(0).buffer().putLong(0, a.in(0).scalarLong() + op.by());
  }
}
