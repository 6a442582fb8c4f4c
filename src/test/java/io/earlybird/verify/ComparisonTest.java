package io.earlybird.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.reference.ReferenceOps.Result;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private static final float NAN = Float.NaN;
  private static final float INFINITY = Float.POSITIVE_INFINITY;

  private static Result exact(float... values) {
    return new Result(
        List.of(HostTensor.of(values, values.length)), List.of(new double[0]), new long[1]);
  }

  private static Comparison summed(boolean maySpread, float wanted, float found, DType stored) {
    HostTensor value = HostTensor.of(new float[] {wanted}, 1);
    double[] magnitude = {Math.abs(wanted)};
    Comparison comparison =
        new Comparison(
            new Result(List.of(value), List.of(magnitude), new long[] {4}), maySpread, 0);
    comparison.check(0, HostTensor.of(new float[] {found}, 1), stored);
    return comparison;
  }

  private static boolean agrees(float wanted, float found) {
    return summed(false, wanted, found, DType.F32).difference() == null;
  }

  @Test
  void bitExactMeansTheSameBitsButAnyNaN() {
    Comparison comparison = new Comparison(exact(1, NAN, 0), false, 0);
    float other = Float.intBitsToFloat(0xFFC00001);
    comparison.check(0, HostTensor.of(new float[] {1, other, 0}, 3), DType.F32);
    assertThat(comparison.difference()).isNull();
    comparison.check(0, HostTensor.of(new float[] {1, 5, -0f}, 3), DType.F32);
    assertThat(comparison.difference())
        .isEqualTo("result 0 differs first at [1]: expected NaN, found 5.0; 2 of 3 wrong");
  }

  @Test
  void bitExactInBf16MeansTheNearestBf16() {
    Comparison comparison = new Comparison(exact(1.00390625f), false, 0);
    comparison.check(0, HostTensor.of(new float[] {1}, 1), DType.BF16);
    assertThat(comparison.difference()).isNull();
  }

  /** With four terms of sum 1 the tolerance is 6 units of 2^-24. */
  @Test
  void sumsMayDifferByTheTolerance() {
    assertThat(agrees(1, 1 + 0x1p-22f)).isTrue();
    assertThat(agrees(1, 1 + 0x1p-21f)).isFalse();
    assertThat(summed(false, 1, 1 - 0x3p-24f, DType.F32).worstShare()).isBetween(0.49, 0.51);
    assertThat(agrees(0, 0x1p-130f)).isTrue();
    assertThat(summed(false, 1, 1.00390625f, DType.BF16).difference()).isNull();
    assertThat(summed(false, 1, 1.008f, DType.BF16).difference()).isNotNull();
  }

  @Test
  void numbersThatAreNotFiniteStayNotFinite() {
    assertThat(agrees(NAN, NAN)).isTrue();
    assertThat(agrees(INFINITY, NAN)).isTrue();
    assertThat(agrees(NAN, 0)).isFalse();
    assertThat(agrees(INFINITY, Float.MAX_VALUE)).isFalse();
    assertThat(agrees(1, NAN)).isFalse();
    assertThat(summed(true, 1, NAN, DType.F32).difference()).isNull();
    assertThat(summed(true, NAN, 1, DType.F32).difference()).isNotNull();
  }
}
