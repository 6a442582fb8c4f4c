package io.earlybird.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Precision;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.backend.cpu.CpuLibrary;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.verify.Verifier;
import io.earlybird.verify.VerifyOptions;
import io.earlybird.verify.VerifyReport;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Training with activations and products in bf16 on the cpu backend. */
class Bf16TrainingTest {
  @BeforeEach
  void needsTheProcessor() {
    assumeTrue(CpuLibrary.processorHasBf16(), CpuBackend.NO_BF16);
  }

  private static CpuBackend backend(Precision precision, int threads) {
    return new CpuBackend(threads, precision, Map.of(), Map.of());
  }

  @Test
  void everyKernelAgreesWithTheReferenceOnRoundedOperands() {
    try (Backend backend = backend(Precision.BF16, 2)) {
      VerifyReport report = new Verifier(List.of(backend), VerifyOptions.quick()).run();
      assertThat(report.ok()).as(report.toTable()).isTrue();
    }
  }

  @Test
  void itTrainsLikeFp32AndKeepsWeightsInFp32() {
    Map<String, HostTensor> full = trained(Precision.FP32);
    Map<String, HostTensor> half = trained(Precision.BF16);
    int between = 0;
    for (Map.Entry<String, HostTensor> e : half.entrySet()) {
      double[] a = full.get(e.getKey()).doubles();
      double[] b = e.getValue().doubles();
      double largest = 0;
      for (double v : a) {
        largest = Math.max(largest, Math.abs(v));
      }
      for (int i = 0; i < a.length; i++) {
        assertThat(b[i]).as(e.getKey()).isCloseTo(a[i], within(0.3 * largest + 1e-2));
        between +=
            e.getValue().dtype() == DType.F32 && (Float.floatToIntBits((float) b[i]) << 16) != 0
                ? 1
                : 0;
      }
    }
    assertThat(between).as("values that bf16 does not hold").isGreaterThan(1000);
  }

  @Test
  void theSameSeedAndKernelsGiveTheSameBits() {
    try (CpuBackend first = backend(Precision.BF16, 2)) {
      Map<String, HostTensor> state = trained(first);
      try (Backend second = new CpuBackend(2, Precision.BF16, first.choices(), Map.of())) {
        assertThat(trained(second)).isEqualTo(state);
      }
    }
  }

  @Test
  void aProcessorHasNoTf32() {
    assertThatThrownBy(() -> backend(Precision.TF32, 1))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("--precision tf32");
  }

  /** A network's state after an epoch. */
  private static Map<String, HostTensor> trained(Precision precision) {
    try (Backend backend = backend(precision, 2)) {
      return trained(backend);
    }
  }

  private static Map<String, HostTensor> trained(Backend backend) {
    try (Trainer trainer =
        new Trainer(backend, Tiny.network(), Tiny.TRAIN, Tiny.TEST, Tiny.recipe(1))) {
      trainer.start(trainer.network().initialState(1), 0);
      trainer.beginEpoch(0);
      trainer.train(batches -> true);
      return trainer.state();
    }
  }
}
