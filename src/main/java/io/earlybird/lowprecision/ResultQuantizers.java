package io.earlybird.lowprecision;

import io.earlybird.nn.ForwardPass;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.op.Quantize;
import io.earlybird.tensor.op.StraightThrough;

/**
 * The original's flow: behind every convolution its result is rounded, and the gradient that comes
 * back to it.
 *
 * @param prefix begins the names of random numbers
 */
record ResultQuantizers(LowPrecision bits, long seed, Tensor step, String prefix)
    implements ForwardPass.Around {
  @Override
  public Tensor result(Tensor y, String layer) {
    if (bits.activate() == LowPrecision.FULL && bits.error() == LowPrecision.FULL) {
      return y;
    }
    String name = prefix + layer;
    Tensor value = bits.rounded(y, bits.activate(), seed, step, name + ".activation");
    return back(y, value, bits, seed, step, name);
  }

  /** {@code value}, whose gradient goes to {@code y}, rounded as an error. */
  static Tensor back(
      Tensor y, Tensor value, LowPrecision bits, long seed, Tensor step, String name) {
    Quantize error =
        bits.error() == LowPrecision.FULL
            ? null
            : bits.quantize(bits.error(), seed, name + ".error");
    StraightThrough op = new StraightThrough(error);
    Tensor[] operands = op.isStochastic() ? new Tensor[] {value, step} : new Tensor[] {value};
    return y.applyNode(op, name + ".quantizer", operands).output(0);
  }
}
