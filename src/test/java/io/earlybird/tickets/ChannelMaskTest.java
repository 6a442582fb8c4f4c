package io.earlybird.tickets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.EarlybirdException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChannelMaskTest {
  private static final List<float[]> SCALES =
      List.of(new float[] {0.5f, -0.9f, 0.1f}, new float[] {0, -0.3f});

  @Test
  void keepsWhatIsStrictlyAboveTheThreshold() {
    ChannelMask mask = ChannelMask.of(SCALES, 0.4);
    assertThat(mask.layer(0)).containsExactly(true, true, false);
    assertThat(mask.layer(1)).containsExactly(false, false);
    assertThat(mask.bytes()).containsExactly(1, 1, 0, 0, 0);
    assertThat(mask.keptInLayer(0)).containsExactly(0, 1);
    assertThat(mask.keptInLayer(1)).isEmpty();
    assertThat(mask.kept()).isEqualTo(2);
    assertThat(mask.size()).isEqualTo(5);
    assertThat(mask.layers()).isEqualTo(2);
    assertThat(mask.layerSizes()).containsExactly(3, 2);
    assertThat(mask.keeps(1)).isTrue();
    assertThat(mask.keeps(4)).isFalse();
    assertThatThrownBy(() -> mask.keeps(5)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void ratioZeroStillRemovesOneChannel() {
    assertThat(ChannelMask.of(SCALES, 0).kept()).isEqualTo(4);
  }

  @Test
  void equalScalesAreAllRemoved() {
    assertThat(ChannelMask.of(List.of(new float[] {0.5f, -0.5f, 0.5f}), 0.3).kept()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"100,0.29,28", "10,0.7,7", "4224,0.3,1267", "100,0.57,56", "3,0.9999,2"})
  void theIndexIsTheProductInDoublePrecisionCut(int total, double ratio, int index) {
    assertThat(ChannelThreshold.of(new float[total], ratio).index()).isEqualTo(index);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, 1.5, Double.NaN})
  void ratiosOutsideAreRefused(double ratio) {
    assertThatThrownBy(() -> ChannelMask.of(SCALES, ratio))
        .isInstanceOf(EarlybirdException.class)
        .hasMessage("pruning ratio " + ratio + ": expected 0 <= ratio < 1");
  }

  @Test
  void notANumberAndNoChannelsAreRefused() {
    assertThatThrownBy(() -> ChannelMask.of(List.of(new float[] {1, Float.NaN}), 0.5))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("scale 1 of 2 is not a number");
    assertThatThrownBy(() -> ChannelMask.of(List.of(), 0.5)).isInstanceOf(EarlybirdException.class);
    assertThat(ChannelMask.of(List.of(new float[] {1, Float.NEGATIVE_INFINITY}), 0.5).kept())
        .isZero();
  }

  @Test
  void bytesComeBack() {
    ChannelMask mask = ChannelMask.of(SCALES, 0.4);
    ChannelMask back = ChannelMask.ofBytes(mask.bytes(), mask.layerSizes());
    assertThat(back).isEqualTo(mask).hasSameHashCodeAs(mask);
    assertThatThrownBy(() -> ChannelMask.ofBytes(new byte[] {2}, new int[] {1}))
        .isInstanceOf(EarlybirdException.class);
    assertThatThrownBy(() -> ChannelMask.ofBytes(new byte[] {1}, new int[] {1, 1}))
        .isInstanceOf(EarlybirdException.class);
    assertThatThrownBy(() -> ChannelMask.ofBytes(new byte[] {1}, new int[] {2, -1}))
        .isInstanceOf(EarlybirdException.class);
  }

  @Test
  void distanceIsTheFractionOfDifferentChannels() {
    ChannelMask a = ChannelMask.ofBytes(new byte[] {1, 1, 0, 0, 1}, new int[] {5});
    ChannelMask b = ChannelMask.ofBytes(new byte[] {1, 0, 0, 1, 1}, new int[] {5});
    assertThat(MaskDistance.between(a, b)).isEqualTo(0.4);
    assertThat(MaskDistance.overlap(a, b)).isEqualTo(0.6);
    double[][] matrix = MaskDistance.overlapMatrix(List.of(a, b, a));
    assertThat(matrix[0]).containsExactly(new double[] {1, 0.6, 1}, within(1e-15));
    assertThat(matrix[1]).containsExactly(new double[] {0.6, 1, 0.6}, within(1e-15));
    ChannelMask other = ChannelMask.ofBytes(new byte[] {1, 1, 0, 0, 1}, new int[] {2, 3});
    assertThatThrownBy(() -> MaskDistance.between(a, other))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
