package io.earlybird.backend.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.reference.ReferenceOps.Result;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.AvgPool2dBackward;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.MaxPool2dBackward;
import io.earlybird.tensor.op.Op;
import java.util.List;
import org.junit.jupiter.api.Test;

class PoolingKernelsTest {
  private static Result run(Op op, HostTensor... in) {
    return ReferenceOps.evaluate(op, List.of(in), DType.F32);
  }

  private static HostTensor square(float... values) {
    return HostTensor.of(values, 1, 3, 3, 1);
  }

  @Test
  void theFirstOfEqualValuesWinsAndTheFirstNaNBeatsAll() {
    float nan = Float.NaN;
    Result ties = run(new MaxPool2d(2, 1, 0), square(1, 5, 5, 5, 0, 0, -1, -1, -1));
    assertThat(ties.outputs().get(0).floats()).containsExactly(5, 5, 5, 0);
    assertThat(ties.outputs().get(1).doubles()).containsExactly(1, 0, 0, 0);
    Result nans = run(new MaxPool2d(3, 1, 0), square(1, 5, nan, 9, nan, 0, 0, 0, 10));
    assertThat(nans.outputs().get(0).get(0)).isNaN();
    assertThat(nans.outputs().get(1).get(0)).isEqualTo(2);
  }

  @Test
  void paddingNeverWins() {
    HostTensor low = square(-1, -2, -3, -4, -5, -6, -7, Float.NEGATIVE_INFINITY, -9);
    Result r = run(new MaxPool2d(3, 2, 1), low);
    assertThat(r.outputs().get(0).floats()).containsExactly(-1, -2, -4, -5);
    assertThat(r.outputs().get(1).doubles()).containsExactly(4, 3, 1, 0);
    HostTensor floor = HostTensor.of(new float[] {Float.NEGATIVE_INFINITY}, 1, 1, 1, 1);
    Result one = run(new MaxPool2d(3, 1, 1), floor);
    assertThat(one.outputs().get(0).get(0)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(one.outputs().get(1).get(0)).isEqualTo(4);
  }

  @Test
  void gradientsGoToTheWinners() {
    HostTensor x = square(1, 2, 3, 4, 9, 5, 6, 7, 8);
    Result r = run(new MaxPool2d(2, 1, 0), x);
    HostTensor dy = HostTensor.of(new float[] {1, 10, 100, 1000}, 1, 2, 2, 1);
    Result back = run(new MaxPool2dBackward(2, 1, 0, 3, 3), dy, r.outputs().get(1));
    assertThat(back.outputs().get(0).floats()).containsExactly(0, 0, 0, 0, 1111, 0, 0, 0, 0);
  }

  @Test
  void averagesDivideByTheWindow() {
    Result r = run(new AvgPool2d(2, 1), square(1, 2, 3, 4, 5, 6, 7, 8, -9));
    assertThat(r.outputs().get(0).floats()).containsExactly(3, 4, 6, 2.5f);
    assertThat(r.magnitudes().get(0)).containsExactly(3, 4, 6, 7);
    HostTensor dy = HostTensor.of(new float[] {4, 8, 12, 16}, 1, 2, 2, 1);
    Result back = run(new AvgPool2dBackward(2, 1, 3, 3), dy);
    assertThat(back.outputs().get(0).floats()).containsExactly(1, 3, 2, 4, 10, 6, 3, 7, 4);
  }
}
