package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.KernelRunner.around;
import static io.earlybird.backend.cpu.KernelRunner.normal;
import static io.earlybird.backend.cpu.KernelRunner.special;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluBackward;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Op;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchNormKernelsTest {
  private static final float EPSILON = 1e-5f;

  /** x, gamma, beta. */
  private static List<HostTensor> forward(int rows, int c) {
    return List.of(around(3, 2, 1, rows, c), normal(2, c), normal(3, c));
  }

  /** Every third channel, with one gap of more than eight. */
  private static Channels some(int c) {
    return Channels.of(
        IntStream.range(0, c).filter(i -> i % 3 != 1 && (i < 20 || i > 33)).toArray());
  }

  /** So few that many of their rows make a wide row. */
  private static Channels few(int c) {
    return Channels.of(IntStream.range(0, c).filter(i -> i % 100 == 1).toArray());
  }

  /** x, dy, mean, variance, gamma, beta with the statistics of x. */
  private static List<HostTensor> backward(int rows, int c, Channels channels) {
    List<HostTensor> in = forward(rows, c);
    List<HostTensor> out = KernelRunner.run(1, new BatchNorm(EPSILON), in);
    HostTensor dy = normal(4, rows, channels == null ? c : channels.count());
    return List.of(in.get(0), dy, out.get(1), out.get(2), in.get(1), in.get(2));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "1, 5",
    "2, 3",
    "7, 17",
    "65, 1",
    "640, 3",
    "1000, 7",
    "33, 64",
    "513, 45",
    "300, 130",
    "70, 1030",
    "5000, 16",
    "2000, 350",
    "256, 511"
  })
  void withinTheErrorBoundOfTheReference(int rows, int c) {
    KernelRunner.check(new BatchNorm(EPSILON), forward(rows, c));
    KernelRunner.check(new BatchNormRelu(EPSILON, null), forward(rows, c));
    List<HostTensor> back = backward(rows, c, null);
    KernelRunner.check(new BatchNormBackward(EPSILON), back.subList(0, 5));
    KernelRunner.check(new BatchNormReluBackward(EPSILON, null), back);
    List<HostTensor> fixed =
        List.of(back.get(0), back.get(4), back.get(5), back.get(2), back.get(3));
    KernelRunner.check(new BatchNormInference(EPSILON), fixed);
    if (c > 1) {
      for (Channels channels : List.of(some(c), few(c))) {
        KernelRunner.check(new BatchNormRelu(EPSILON, channels), forward(rows, c));
        KernelRunner.check(
            new BatchNormReluBackward(EPSILON, channels), backward(rows, c, channels));
      }
    }
  }

  /** Forward and inference share their arithmetic with the reference to the last bit. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8, 45, 64, 600})
  void theApplyStepHasTheReferencesBits(int c) {
    List<HostTensor> in = forward(130, c);
    List<HostTensor> out = KernelRunner.run(2, new BatchNorm(EPSILON), in);
    List<HostTensor> fixed = List.of(in.get(0), in.get(1), in.get(2), out.get(1), out.get(2));
    HostTensor expected =
        io.earlybird.backend.reference.ReferenceOps.evaluate(
                new BatchNormInference(EPSILON), fixed, io.earlybird.tensor.DType.F32)
            .outputs()
            .get(0);
    assertThat(out.get(0)).isEqualTo(expected);
    assertThat(KernelRunner.run(2, new BatchNormInference(EPSILON), fixed).get(0))
        .isEqualTo(expected);
    HostTensor relu = KernelRunner.run(2, new BatchNormRelu(EPSILON, null), in).get(0);
    for (int i = 0; i < expected.spec().size(); i++) {
      assertThat(relu.get(i)).isEqualTo(Math.max(expected.get(i), 0));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 64, 130})
  void anyNumberOfThreads(int c) {
    int rows = 300_000 / c;
    Channels channels = c == 1 ? null : some(c);
    KernelRunner.checkThreads(new BatchNorm(EPSILON), forward(rows, c));
    KernelRunner.checkThreads(new BatchNormRelu(EPSILON, channels), forward(rows, c));
    List<HostTensor> back = backward(rows, c, null);
    KernelRunner.checkThreads(new BatchNormBackward(EPSILON), back.subList(0, 5));
    KernelRunner.checkThreads(new BatchNormReluBackward(EPSILON, null), back);
    KernelRunner.checkThreads(
        new BatchNormReluBackward(EPSILON, channels), backward(rows, c, channels));
    KernelRunner.checkThreads(
        new BatchNormReluBackward(EPSILON, few(350)), backward(2000, 350, few(350)));
  }

  /**
   * Results that are streamed past the cache, with rows that do and do not end on lines, against
   * results in place, which are not streamed.
   */
  @Test
  void resultsLargerThanTheCache() {
    for (int c : new int[] {64, 327}) {
      int rows = 2_200_000 / c;
      List<HostTensor> in = forward(rows, c);
      KernelRunner.checkInPlace(new BatchNormRelu(EPSILON, null), in, 0, -1, -1);
      Op back = new BatchNormReluBackward(EPSILON, null);
      List<HostTensor> operands = backward(rows, c, null);
      KernelRunner.checkInPlace(back, operands, 0, -1, -1);
      KernelRunner.checkInPlace(back, operands, 1, -1, -1);
    }
  }

  @Test
  void inPlace() {
    KernelRunner.checkInPlace(new BatchNorm(EPSILON), forward(3000, 45), 0, -1, -1);
    List<HostTensor> back = backward(3000, 45, null);
    KernelRunner.checkInPlace(new BatchNormBackward(EPSILON), back.subList(0, 5), 1, -1, -1);
    List<HostTensor> fixed =
        List.of(back.get(0), back.get(4), back.get(5), back.get(2), back.get(3));
    KernelRunner.checkInPlace(new BatchNormInference(EPSILON), fixed, 0);
    KernelRunner.checkInPlace(
        new BatchNormReluBackward(EPSILON, some(45)), backward(3000, 45, some(45)), 0, -1, -1);
  }

  /** The mean is up to two million deviations away. */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 64})
  void statisticsSurviveALargeMean(int c) {
    checkStatistics(around(1e4, 1, 7, 20_000, c), 1e-6);
    checkStatistics(around(1e6, 0.5, 7, 20_000, c), 1e-6);
    checkStatistics(around(-1e-3, 1e3, 7, 20_000, c), 1e-6);
  }

  /** The first value of each channel, from which the sums are shifted, is the outlier. */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 64})
  void statisticsSurviveAnOutlier(int c) {
    HostTensor x = around(1e4, 0.01, 7, 20_000, c);
    for (int k = 0; k < c; k++) {
      x.buffer().putFloat(4 * k, -3e4f);
    }
    checkStatistics(x, 1e-6);
  }

  private static void checkStatistics(HostTensor x, double share) {
    int rows = x.shape().dim(0);
    int c = x.shape().dim(1);
    List<HostTensor> out =
        KernelRunner.run(2, new BatchNorm(EPSILON), List.of(x, normal(1, c), normal(2, c)));
    double[] values = x.doubles();
    for (int k = 0; k < c; k++) {
      double mean = 0;
      double variance = 0;
      for (int i = k; i < values.length; i += c) {
        mean += values[i] / rows;
      }
      for (int i = k; i < values.length; i += c) {
        variance += (values[i] - mean) * (values[i] - mean) / rows;
      }
      double unit = Math.ulp((float) mean) + Math.sqrt(variance) * 1e-6;
      assertThat(out.get(1).get(k)).isCloseTo(mean, within(unit));
      assertThat(out.get(2).get(k)).isCloseTo(variance, within(share * variance));
    }
  }

  @Test
  void aConstantChannelHasNoVarianceAndNaNStaysInItsChannel() {
    HostTensor x = normal(1, 500, 3);
    for (int r = 0; r < 500; r++) {
      x.buffer().putFloat(4 * (3 * r), 0.1f);
    }
    x.buffer().putFloat(4 * 100, Float.NaN);
    List<HostTensor> out =
        KernelRunner.run(
            2, new BatchNormRelu(EPSILON, null), List.of(x, normal(1, 3), normal(2, 3)));
    assertThat(out.get(1).get(0)).isEqualTo(0.1f);
    assertThat(out.get(2).get(0)).isZero();
    assertThat(out.get(2).get(1)).isNaN();
    assertThat(out.get(2).get(2)).isFinite();
    assertThat(out.get(0).get(4)).isNaN();
    assertThat(out.get(0).get(5)).isFinite();
    List<HostTensor> fixed =
        List.of(special(1, 50, 3), normal(2, 3), normal(3, 3), normal(4, 3), around(9, 1, 5, 3));
    KernelRunner.check(new BatchNormInference(EPSILON), fixed);
  }

  @Test
  void droppedChannelsGetNoGradient() {
    Channels none = Channels.of();
    List<HostTensor> out =
        KernelRunner.run(2, new BatchNormReluBackward(EPSILON, none), backward(100, 20, none));
    for (HostTensor t : out) {
      assertThat(t).isEqualTo(HostTensor.zeros(t.spec()));
    }
    assertThat(KernelRunner.run(2, new BatchNormRelu(EPSILON, none), forward(100, 20)).get(2))
        .isEqualTo(KernelRunner.run(2, new BatchNorm(EPSILON), forward(100, 20)).get(2));
  }
}
