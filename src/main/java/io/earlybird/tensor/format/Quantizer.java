package io.earlybird.tensor.format;

import io.earlybird.EarlybirdException;
import io.earlybird.random.Philox;
import io.earlybird.tensor.Shape;
import java.util.Arrays;

/**
 * Rounds host tensors to a number format: the definition that every backend's kernels are judged
 * by.
 *
 * @param format the numbers that result
 * @param rounding how values in between are rounded
 */
public record Quantizer(NumberFormat format, Rounding rounding) {
  /**
   * Where stochastic rounding takes its random numbers from: Philox with key {@code seed} and
   * counter (element, {@code step}, {@code hash(name, "round")}), see docs/philox.md.
   */
  public record Draws(long seed, long step, String name) {}

  private static final Draws NONE = new Draws(0, 0, "");

  /** Rounds to nearest. */
  public float[] quantize(float[] values, Shape shape) {
    if (rounding != Rounding.NEAREST) {
      throw new IllegalArgumentException("stochastic rounding needs draws");
    }
    return quantize(values, shape, NONE);
  }

  /**
   * Rounds every element.
   *
   * @param values elements in row-major logical order
   * @param shape their shape
   * @param draws where random numbers come from; not used when rounding to nearest
   * @throws EarlybirdException if the shape lacks the block dimension
   */
  public float[] quantize(float[] values, Shape shape, Draws draws) {
    int[] random = rounding == Rounding.STOCHASTIC ? random(values.length, draws) : null;
    int[] exponents = format instanceof BlockFloat b ? exponents(values, shape, b) : null;
    float[] out = new float[values.length];
    for (int i = 0; i < out.length; i++) {
      int exponent = exponents == null ? 0 : exponents[block(i, shape, (BlockFloat) format)];
      out[i] = round(values[i], exponent, random == null ? 0 : random[i]);
    }
    return out;
  }

  private float round(float value, int exponent, int random) {
    boolean nearest = rounding == Rounding.NEAREST;
    if (format instanceof BlockFloat f) {
      return nearest ? f.nearest(value, exponent) : f.stochastic(value, exponent, random);
    } else if (format instanceof FixedPoint f) {
      return nearest ? f.nearest(value) : f.stochastic(value, random);
    }
    FloatingPoint f = (FloatingPoint) format;
    return nearest ? f.nearest(value) : f.stochastic(value, random);
  }

  /** The top {@link NumberFormat#randomBits} bits of each element's draw. */
  private int[] random(int count, Draws draws) {
    int hash = Philox.hash(draws.name(), "round");
    int bits = format.randomBits();
    int[] out = new int[count];
    if (bits > 16) {
      Philox.words(draws.seed(), 0, draws.step(), hash, out, 0, count);
      for (int i = 0; i < count; i++) {
        out[i] >>>= 32 - bits;
      }
      return out;
    }
    int[] four = new int[Philox.BLOCK_WORDS];
    for (int i = 0; i < count; i++) {
      if ((i & 7) == 0) {
        Philox.block(draws.seed(), i >>> 3, draws.step(), hash, four);
      }
      out[i] = Philox.narrow(four, i & 7) >>> (16 - bits);
    }
    return out;
  }

  private static int[] exponents(float[] values, Shape shape, BlockFloat format) {
    int dimension = format.blockDimension();
    if (dimension >= shape.rank()) {
      throw new EarlybirdException(
          "block floating point: block dimension must be below "
              + shape.rank()
              + ", found "
              + dimension);
    }
    int[] out = new int[dimension < 0 ? 1 : shape.dim(dimension)];
    Arrays.fill(out, 0);
    for (int i = 0; i < values.length; i++) {
      int b = block(i, shape, format);
      out[b] = Math.max(out[b], BlockFloat.exponentBits(values[i]));
    }
    return out;
  }

  private static int block(int element, Shape shape, BlockFloat format) {
    int dimension = format.blockDimension();
    if (dimension < 0) {
      return 0;
    }
    long inner = 1;
    for (int d = dimension + 1; d < shape.rank(); d++) {
      inner *= shape.dim(d);
    }
    return (int) (element / inner % shape.dim(dimension));
  }
}
