package io.earlybird.verify;

import io.earlybird.backend.reference.ReferenceOps;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import java.util.Locale;

/**
 * Compares a result with the reference's.
 *
 * <p>Bit-exact results must have the same bits; any NaN equals any NaN. For all others, {@code tol
 * = c u sqrt(K) sum|a_i b_i|} with u = 2^-24 (everything is summed in fp32, also over bf16
 * operands) and c = 3: with up to six terms no order of rounded sums, and no rounding of the
 * reference itself, can exceed it. Two things are added: half a unit of the stored type where that
 * is bf16, and the smallest normal number; and K times what a backend that flushes subnormal
 * numbers may lose of a term.
 *
 * <p>Where the reference is NaN or infinite the result must not be finite, and where it is finite
 * the result must be. From the latter, convolutions and matrix products are free when an operand
 * itself is not finite: a kernel may multiply it by the zero of a void tap.
 */
final class Comparison {
  private static final double FP32_UNIT = 0x1p-24;
  private static final double BF16_UNIT = 0x1p-8;
  private static final double C = 3;

  private final ReferenceOps.Result expected;
  private final boolean maySpread;
  private final double flushed;
  private double worstShare;
  private String difference;

  /**
   * A comparison.
   *
   * @param maySpread whether NaN may also appear where the reference is finite
   * @param flushed what each term of a sum may lack
   */
  Comparison(ReferenceOps.Result expected, boolean maySpread, double flushed) {
    this.expected = expected;
    this.maySpread = maySpread;
    this.flushed = flushed;
  }

  /** Largest share of the tolerance that was used so far; 0 for bit-exact results. */
  double worstShare() {
    return worstShare;
  }

  /** The first result that differs, described, or {@code null}. */
  String difference() {
    return difference;
  }

  /**
   * Compares one result.
   *
   * @param output which one
   * @param stored element type in which the backend stored it
   */
  void check(int output, HostTensor found, DType stored) {
    HostTensor wanted = expected.outputs().get(output);
    boolean half = stored == DType.BF16 && wanted.dtype() == DType.F32;
    int wrong = 0;
    int first = -1;
    double firstTolerance = 0;
    int size = Math.toIntExact(wanted.spec().size());
    for (int i = 0; i < size; i++) {
      boolean ok;
      double tolerance = 0;
      if (expected.exact(output)) {
        ok = sameBits(wanted, found, i, half);
      } else {
        tolerance = tolerance(output, i, half);
        ok = within(wanted.get(i), found.get(i), tolerance);
      }
      if (!ok && wrong++ == 0) {
        first = i;
        firstTolerance = tolerance;
      }
    }
    if (wrong > 0 && difference == null) {
      difference =
          String.format(
              Locale.ROOT,
              "result %d differs first at %s: expected %s, found %s%s; %d of %d wrong",
              output,
              index(wanted.shape(), first),
              text(wanted, first),
              text(found, first),
              expected.exact(output) ? "" : ", tolerance " + (float) firstTolerance,
              wrong,
              size);
    }
  }

  private double tolerance(int output, int i, boolean half) {
    double magnitude = expected.magnitudes().get(output)[i];
    double tolerance = C * FP32_UNIT * Math.sqrt(expected.terms()[output]) * magnitude;
    if (half) {
      tolerance += BF16_UNIT * Math.abs(expected.outputs().get(output).get(i));
    }
    return tolerance + Float.MIN_NORMAL + expected.terms()[output] * flushed;
  }

  private boolean within(double wanted, double found, double tolerance) {
    if (!Double.isFinite(wanted) || !Double.isFinite(found)) {
      boolean spread = maySpread && Double.isFinite(wanted);
      return spread || Double.isFinite(wanted) == Double.isFinite(found);
    }
    double share = Math.abs(found - wanted) / tolerance;
    worstShare = Math.max(worstShare, share);
    return share <= 1;
  }

  /** Whether element {@code i} is the same in both; any NaN equals any NaN. */
  static boolean sameBits(HostTensor wanted, HostTensor found, int i, boolean half) {
    if (wanted.dtype() == DType.I64) {
      return wanted.buffer().getLong(8 * i) == found.buffer().getLong(8 * i);
    }
    double expected = half ? bf16(wanted.get(i)) : wanted.get(i);
    return Double.doubleToLongBits(expected) == Double.doubleToLongBits(found.get(i));
  }

  private static double bf16(double value) {
    return Rounding.bf16(HostTensor.scalar((float) value)).get(0);
  }

  /** Element {@code i} as a person reads it. */
  static String text(HostTensor t, int i) {
    return switch (t.dtype()) {
      case F32, BF16 -> Float.toString((float) t.get(i));
      case F64 -> Double.toString(t.get(i));
      case I64 -> Long.toString(t.buffer().getLong(8 * i));
      default -> Integer.toString((int) t.get(i));
    };
  }

  /** Row-major element {@code i} as a position, for example {@code [0,2,1,16]}. */
  static String index(Shape shape, int i) {
    int[] at = new int[shape.rank()];
    for (int d = shape.rank() - 1; d >= 0; d--) {
      at[d] = i % shape.dim(d);
      i /= shape.dim(d);
    }
    return Shape.of(at).toString();
  }
}
