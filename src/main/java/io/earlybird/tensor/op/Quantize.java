package io.earlybird.tensor.op;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.NumberFormat;
import io.earlybird.tensor.format.Rounding;
import java.util.List;

/**
 * Rounds {@code x} to the numbers of a format; stochastic rounding has a second operand, {@code
 * step [1]} (I64). Its random numbers come from Philox with key {@code seed}, that step, the
 * element's index in {@code x} and the stream {@code tensor:round} (docs/philox.md). Bit-exact
 * everywhere; {@link io.earlybird.tensor.format.Quantizer} is the definition.
 *
 * <p>It passes no gradient on; see {@link StraightThrough}.
 *
 * @param format the numbers that result
 * @param rounding how values in between are rounded
 * @param seed key of the random numbers; not used when rounding to nearest
 * @param tensor stable name of the tensor that they are for; not used when rounding to nearest
 */
public record Quantize(NumberFormat format, Rounding rounding, long seed, String tensor)
    implements Op {
  /** Rounds to the nearest number. */
  public static Quantize nearest(NumberFormat format) {
    return new Quantize(format, Rounding.NEAREST, 0, "");
  }

  /** Whether there is a {@code step} operand. */
  public boolean isStochastic() {
    return rounding == Rounding.STOCHASTIC;
  }

  /**
   * Adds the op to a graph.
   *
   * @param step operand of stochastic rounding; not used when rounding to nearest
   */
  public Tensor apply(Tensor x, Tensor step) {
    return isStochastic() ? x.apply(this, step) : x.apply(this);
  }

  /**
   * A tensor seen as {@code [outer, count, inner]}: values of equal middle index are a block.
   *
   * @param count number of blocks
   */
  public record Blocks(long outer, long count, long inner) {}

  /** The blocks of a tensor; a single one unless the format has a block dimension. */
  public Blocks blocks(Shape shape) {
    int dimension = format instanceof BlockFloat block ? block.blockDimension() : -1;
    return dimension < 0
        ? new Blocks(1, 1, shape.size())
        : new Blocks(
            extent(shape, 0, dimension),
            shape.dim(dimension),
            extent(shape, dimension + 1, shape.rank()));
  }

  /** Product of the dimensions from {@code first} up to {@code end}. */
  private static long extent(Shape shape, int first, int end) {
    long extent = 1;
    for (int d = first; d < end; d++) {
      extent *= shape.dim(d);
    }
    return extent;
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, isStochastic() ? 2 : 1);
    Checks.dtype(this, in, 0, DType.F32);
    if (format instanceof BlockFloat block) {
      int rank = in.get(0).shape().rank();
      Checks.require(
          block.blockDimension() < rank, this, in, "a block dimension below the rank " + rank);
    }
    if (isStochastic()) {
      Checks.vector(this, in, 1, 1);
      Checks.dtype(this, in, 1, DType.I64);
    }
    return List.of(in.get(0));
  }
}
