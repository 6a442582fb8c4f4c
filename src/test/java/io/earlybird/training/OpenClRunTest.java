package io.earlybird.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.opencl.OpenClBackend;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.Quantizer;
import io.earlybird.tensor.format.Rounding;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Training on an OpenCL device: in 8-bit block floating point, and resumed. */
class OpenClRunTest {
  private static final LowPrecision SWALP = LowPrecision.of(8, Rounding.STOCHASTIC);

  @BeforeEach
  void needsADevice() {
    assumeThat(OpenClBackend.probe().reason()).as("no OpenCL device").isEmpty();
  }

  private static OpenClBackend open(Map<String, String> choices) {
    return OpenClBackend.open(OpenClBackend.device(0), choices);
  }

  private static Trainer trainer(Backend backend) {
    return new Trainer(
        backend, Tiny.network(), Tiny.TRAIN, Tiny.TEST, Tiny.recipe(3).with(SWALP, true));
  }

  private static void epoch(Trainer trainer, int epoch) {
    trainer.beginEpoch(epoch);
    assertThat(trainer.train(batches -> true)).isTrue();
  }

  @Test
  void lowPrecisionKeepsEverythingInItsFormat() {
    try (Backend backend = open(Map.of());
        Trainer trainer = trainer(backend)) {
      trainer.start(trainer.network().initialState(3), 0);
      epoch(trainer, 0);
      Map<String, HostTensor> snapshot = trainer.snapshot();
      Quantizer nearest = new Quantizer(new BlockFloat(8, 0), Rounding.NEAREST);
      for (Variable p : trainer.network().parameters()) {
        for (String name : new String[] {p.name(), "momentum." + p.name()}) {
          float[] values = snapshot.get(name).floats();
          assertThat(nearest.quantize(values, p.shape())).as(name).isEqualTo(values);
        }
      }
      assertThat(trainer.metrics().firstNonFinite()).isNegative();
    }
  }

  @Test
  void aFirstStepInLowPrecisionRoundsAsTheReferenceDoes() {
    Map<String, HostTensor> own = firstStep(open(Map.of()));
    Map<String, HostTensor> reference = firstStep(Tiny.backend());
    int different = 0;
    int all = 0;
    for (String name : reference.keySet()) {
      double[] a = own.get(name).doubles();
      double[] b = reference.get(name).doubles();
      for (int i = 0; i < a.length; i++) {
        all++;
        different += Math.abs(a[i] - b[i]) > 1e-4 * Math.abs(b[i]) ? 1 : 0;
      }
    }
    // Sums may differ in their last bits, and with them a rounding here and there.
    assertThat(different).isLessThan(all / 20);
  }

  private static Map<String, HostTensor> firstStep(Backend backend) {
    try (backend;
        Trainer trainer = trainer(backend)) {
      trainer.start(trainer.network().initialState(3), 0);
      trainer.beginEpoch(0);
      trainer.train(batches -> false);
      return trainer.state();
    }
  }

  @Test
  void resumedWithItsRecordedChoicesItEndsWithTheSameBits() {
    Map<String, HostTensor> expected;
    Map<String, HostTensor> half;
    Map<String, String> choices;
    try (OpenClBackend backend = open(Map.of());
        Trainer whole = trainer(backend);
        Trainer first = trainer(backend)) {
      whole.start(whole.network().initialState(3), 0);
      epoch(whole, 0);
      epoch(whole, 1);
      expected = whole.snapshot();
      first.start(first.network().initialState(3), 0);
      epoch(first, 0);
      first.beginEpoch(1);
      assertThat(first.train(batches -> batches < 2)).isFalse();
      half = first.snapshot();
      choices = backend.choices();
    }
    assertThat(choices).isNotEmpty();
    try (OpenClBackend backend = open(choices);
        Trainer second = trainer(backend)) {
      second.restore(half, 1);
      assertThat(second.train(batches -> true)).isTrue();
      assertThat(second.snapshot()).isEqualTo(expected);
      assertThat(backend.choices()).isEqualTo(choices);
    }
  }

  @Test
  void aRecordedKernelThatDoesNotExistHereIsNamedWithThoseThatDo() {
    Map<String, String> choices = new TreeMap<>();
    try (OpenClBackend backend = open(Map.of());
        Trainer trainer = trainer(backend)) {
      backend.choices().keySet().forEach(key -> choices.put(key, "rows 99x1"));
      assertThat(trainer.network().layers()).isNotEmpty();
    }
    try (OpenClBackend backend = open(choices)) {
      assertThatThrownBy(() -> trainer(backend).close())
          .isInstanceOf(EarlybirdException.class)
          .hasMessageMatching(
              "opencl: the recorded kernel \"rows 99x1\" for .* does not exist here; there are"
                  + " \\[rows .*\\]");
    }
  }
}
