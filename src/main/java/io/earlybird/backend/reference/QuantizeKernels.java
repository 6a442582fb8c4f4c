package io.earlybird.backend.reference;

import io.earlybird.tensor.format.Quantizer;
import io.earlybird.tensor.op.Quantize;

/**
 * Rounding to a number format, in fp32 whatever the storage: that is what the formats are made of.
 */
final class QuantizeKernels {
  private QuantizeKernels() {}

  static void quantize(Quantize op, Arguments a) {
    double[] x = a.doubles(0);
    float[] values = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      values[i] = (float) x[i];
    }
    long step = op.isStochastic() ? a.in(1).scalarLong() : 0;
    float[] y =
        new Quantizer(op.format(), op.rounding())
            .quantize(values, a.shape(0), new Quantizer.Draws(op.seed(), step, op.tensor()));
    for (int i = 0; i < x.length; i++) {
      x[i] = y[i];
    }
    a.put(0, x);
  }
}
