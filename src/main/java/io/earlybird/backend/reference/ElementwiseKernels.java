package io.earlybird.backend.reference;

import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Fill;
import io.earlybird.tensor.op.Relu;
import io.earlybird.tensor.op.ReluBackward;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SelectBackward;
import java.util.Arrays;

/** Fill, sum, ReLU and channel selection: bit-exact on every backend. */
final class ElementwiseKernels {
  private ElementwiseKernels() {}

  static void fill(Fill op, Arguments a) {
    double[] y = new double[a.out(0).size()];
    Arrays.fill(y, op.value());
    a.put(0, y);
  }

  static void add(Add op, Arguments a) {
    double[] y = a.doubles(0);
    double[] b = a.doubles(1);
    for (int i = 0; i < y.length; i++) {
      y[i] = a.round(y[i] + b[i]);
    }
    a.put(0, y);
  }

  static void relu(Relu op, Arguments a) {
    double[] y = a.doubles(0);
    for (int i = 0; i < y.length; i++) {
      y[i] = y[i] > 0 || Double.isNaN(y[i]) ? y[i] : 0;
    }
    a.put(0, y);
  }

  static void reluBackward(ReluBackward op, Arguments a) {
    double[] y = a.doubles(0);
    double[] dx = a.doubles(1);
    for (int i = 0; i < y.length; i++) {
      dx[i] = y[i] > 0 ? dx[i] : 0;
    }
    a.put(0, dx);
  }

  static void select(Select op, Arguments a) {
    a.put(0, select(op.channels(), a.doubles(0), a.shape(0).dim(-1)));
  }

  /** The listed channels of rows of {@code extent} channels. */
  static double[] select(Channels channels, double[] x, int extent) {
    int kept = channels.count();
    double[] y = new double[extent == 0 ? 0 : x.length / extent * kept];
    for (int i = 0; i < y.length; i++) {
      y[i] = x[i / kept * extent + channels.get(i % kept)];
    }
    return y;
  }

  static void selectBackward(SelectBackward op, Arguments a) {
    double[] dy = a.doubles(0);
    double[] dx = new double[a.out(0).size()];
    int kept = op.channels().count();
    for (int i = 0; i < dy.length; i++) {
      dx[i / kept * op.extent() + op.channels().get(i % kept)] = dy[i];
    }
    a.put(0, dx);
  }
}
