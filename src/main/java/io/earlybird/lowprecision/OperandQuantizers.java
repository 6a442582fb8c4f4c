package io.earlybird.lowprecision;

import io.earlybird.nn.ForwardPass;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.op.Quantize;
import io.earlybird.tensor.op.StraightThrough;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The full flow: operands of products are rounded. An activation is rounded once, however many
 * convolutions read it, and reused by their weight gradients; an error once for both backward
 * products. Weights are rounded to nearest where they are read: the optimizer left them so, and
 * what is a number of the format stays as it is; it is the first weights that change.
 */
final class OperandQuantizers implements ForwardPass.Around {
  private final LowPrecision bits;
  private final long seed;
  private final Tensor step;
  private final String prefix;
  private final Map<Tensor, Tensor> inputs = new IdentityHashMap<>();

  /**
   * Quantizers of one pass.
   *
   * @param prefix begins the names of random numbers
   */
  OperandQuantizers(LowPrecision bits, long seed, Tensor step, String prefix) {
    this.bits = bits;
    this.seed = seed;
    this.step = step;
    this.prefix = prefix;
  }

  @Override
  public Tensor input(Tensor x, String layer) {
    if (bits.activate() == LowPrecision.FULL) {
      return x;
    }
    return inputs.computeIfAbsent(
        x,
        in ->
            straight(in, bits.rounded(in, bits.activate(), seed, step, prefix + layer + ".input")));
  }

  @Override
  public Tensor weight(Tensor w) {
    return bits.weight() == LowPrecision.FULL
        ? w
        : straight(w, Quantize.nearest(LowPrecision.format(bits.weight())).apply(w, step));
  }

  @Override
  public Tensor result(Tensor y, String layer) {
    return bits.error() == LowPrecision.FULL
        ? y
        : ResultQuantizers.back(y, y, bits, seed, step, prefix + layer);
  }

  private static Tensor straight(Tensor x, Tensor value) {
    return x.applyNode(new StraightThrough(null), null, value).output(0);
  }
}
