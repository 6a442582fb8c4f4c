package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.KernelRunner.around;
import static io.earlybird.backend.cpu.KernelRunner.integers;
import static io.earlybird.backend.cpu.KernelRunner.normal;
import static io.earlybird.backend.cpu.KernelRunner.special;
import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.CountMetrics;
import io.earlybird.tensor.op.SoftmaxCrossEntropy;
import io.earlybird.tensor.op.SoftmaxCrossEntropyBackward;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LossKernelsTest {
  @ParameterizedTest
  @CsvSource({"1, 1", "1, 10", "3, 7", "16, 10", "80, 100", "256, 10", "5, 1000"})
  void lossAndGradientAreWithinTheErrorBound(int rows, int classes) {
    HostTensor labels = integers(1, classes, rows);
    for (double spread : new double[] {0.1, 3, 300}) {
      HostTensor logits = around(5, spread, 2, rows, classes);
      KernelRunner.check(new SoftmaxCrossEntropy(), List.of(logits, labels));
      HostTensor p = KernelRunner.run(2, new SoftmaxCrossEntropy(), List.of(logits, labels)).get(1);
      KernelRunner.check(
          new SoftmaxCrossEntropyBackward(), List.of(p, labels, HostTensor.scalar(1f)));
    }
  }

  @Test
  void aBadLogitSpoilsItsRowAlone() {
    HostTensor logits = normal(1, 4, 6);
    logits.buffer().putFloat(4 * 9, Float.NaN);
    HostTensor labels = integers(1, 6, 4);
    KernelRunner.check(new SoftmaxCrossEntropy(), List.of(logits, labels));
    List<HostTensor> out = KernelRunner.run(2, new SoftmaxCrossEntropy(), List.of(logits, labels));
    assertThat(out.get(0).get(0)).isNaN();
    for (int i = 0; i < 24; i++) {
      assertThat(Double.isNaN(out.get(1).get(i))).isEqualTo(i / 6 == 1);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "7, 3", "100, 10", "64, 100"})
  void metricsHaveTheReferencesBits(int rows, int classes) {
    HostTensor counters =
        HostTensor.ofDoubles(
            TensorSpec.of(DType.F64, CountMetrics.SIZE), new double[] {1.5, 10, 3, 7, 1, 0});
    HostTensor labels = integers(2, classes, rows);
    HostTensor step = HostTensor.scalar(41L);
    for (float loss : new float[] {0.7f, Float.NaN, Float.POSITIVE_INFINITY}) {
      List<HostTensor> in =
          List.of(counters, special(3, rows, classes), labels, HostTensor.scalar(loss), step);
      KernelRunner.check(new CountMetrics(), in);
      counters = KernelRunner.run(1, new CountMetrics(), in).get(0);
    }
    assertThat(counters.get(CountMetrics.FIRST_NON_FINITE)).isEqualTo(42);
    assertThat(counters.get(CountMetrics.BATCHES)).isEqualTo(4);
  }
}
