package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.NativeKernels.EB_BAD_ARGUMENT;
import static io.earlybird.backend.cpu.NativeKernels.EB_OK;
import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;

class ReluTest {
  private static final float INF = Float.POSITIVE_INFINITY;

  @Test
  void forwardKeepsPositiveValuesAndNaN() {
    float[] x = {-1f, 2f, -0f, Float.NaN, -INF, INF, Float.MIN_VALUE, -Float.MIN_VALUE};
    float[] y = new float[x.length];
    assertThat(NativeKernels.eb_relu_f32(x, y, x.length)).isEqualTo(EB_OK);
    assertThat(y).containsExactly(0f, 2f, 0f, Float.NaN, 0f, INF, Float.MIN_VALUE, 0f);
  }

  @Test
  void backwardPassesTheGradientWhereTheOutputIsPositive() {
    float[] y = {0f, 2f, Float.NaN, INF, Float.MIN_VALUE};
    float[] dy = {1f, Float.NaN, 3f, -4f, 5f};
    assertThat(NativeKernels.eb_relu_backward_f32(y, dy, dy, y.length)).isEqualTo(EB_OK);
    assertThat(dy).containsExactly(0f, Float.NaN, 0f, -4f, 5f);
  }

  @Test
  void badArgumentsAreAStatus() {
    FloatPointer none = new FloatPointer();
    float[] one = {1f};
    assertThat(NativeKernels.eb_relu_f32(one, one, -1)).isEqualTo(EB_BAD_ARGUMENT);
    assertThat(NativeKernels.eb_relu_f32(none, none, 1)).isEqualTo(EB_BAD_ARGUMENT);
    assertThat(NativeKernels.eb_relu_f32(none, none, 0)).isEqualTo(EB_OK);
    assertThat(NativeKernels.eb_relu_backward_f32(none, none, none, 1)).isEqualTo(EB_BAD_ARGUMENT);
  }
}
