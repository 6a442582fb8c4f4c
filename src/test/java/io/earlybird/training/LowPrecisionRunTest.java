package io.earlybird.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.models.Network;
import io.earlybird.optim.WeightAverage;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.Quantizer;
import io.earlybird.tensor.format.Rounding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Training in low precision with averaged weights. */
class LowPrecisionRunTest {
  private static final LowPrecision SWALP = LowPrecision.of(8, Rounding.STOCHASTIC);

  private static Trainer trainer(Backend backend, LowPrecision precision) {
    return new Trainer(
        backend, Tiny.network(), Tiny.TRAIN, Tiny.TEST, Tiny.recipe(3).with(precision, true));
  }

  private static void epoch(Trainer trainer, int epoch) {
    trainer.beginEpoch(epoch);
    assertThat(trainer.train(batches -> true)).isTrue();
  }

  @Test
  void everyParameterAndMomentumIsANumberOfTheFormat() {
    try (Backend backend = Tiny.backend();
        Trainer trainer = trainer(backend, SWALP)) {
      trainer.start(trainer.network().initialState(3), 0);
      epoch(trainer, 0);
      Map<String, HostTensor> snapshot = trainer.snapshot();
      Quantizer nearest = new Quantizer(new BlockFloat(8, 0), Rounding.NEAREST);
      for (Variable p : trainer.network().parameters()) {
        for (String name : List.of(p.name(), "momentum." + p.name())) {
          float[] values = snapshot.get(name).floats();
          assertThat(nearest.quantize(values, p.shape())).as(name).isEqualTo(values);
        }
      }
    }
  }

  @Test
  void goesOnBitForBitFromTheMiddleOfAnEpochWithItsAverage() {
    try (Backend backend = Tiny.backend();
        Trainer whole = trainer(backend, SWALP);
        Trainer first = trainer(backend, SWALP);
        Trainer second = trainer(backend, SWALP)) {
      whole.start(whole.network().initialState(3), 0);
      epoch(whole, 0);
      whole.average(0);
      epoch(whole, 1);
      Metrics expected = whole.average(1);

      first.start(first.network().initialState(3), 0);
      epoch(first, 0);
      first.average(0);
      first.beginEpoch(1);
      assertThat(first.train(batches -> batches < 2)).isFalse();
      second.restore(first.snapshot(), 1);
      assertThat(second.train(batches -> true)).isTrue();
      assertThat(second.average(1)).isEqualTo(expected);
      assertThat(second.snapshot()).isEqualTo(whole.snapshot());
      assertThat(second.averagedState()).isEqualTo(whole.averagedState());
    }
  }

  @Test
  void onTheProcessorAnyNumberOfThreadsRoundsAlike() {
    List<Map<String, HostTensor>> states = new ArrayList<>();
    for (int threads : new int[] {1, 2}) {
      try (Backend backend = new CpuBackend(threads);
          Trainer trainer = trainer(backend, SWALP)) {
        trainer.start(trainer.network().initialState(3), 0);
        trainer.beginEpoch(0);
        trainer.train(batches -> false);
        states.add(trainer.state());
      }
    }
    // Sums may differ in their last bits, and with them a rounding here and there.
    int different = 0;
    int all = 0;
    for (String name : states.get(0).keySet()) {
      double[] a = states.get(0).get(name).doubles();
      double[] b = states.get(1).get(name).doubles();
      for (int i = 0; i < a.length; i++) {
        all++;
        different += Math.abs(a[i] - b[i]) > 1e-4 * Math.abs(a[i]) ? 1 : 0;
      }
    }
    assertThat(different).isLessThan(all / 20);
  }

  @Test
  void theAverageIsTheMeanOfTheWeightsInFullPrecision() {
    try (Backend backend = Tiny.backend();
        Trainer trainer = trainer(backend, SWALP)) {
      trainer.start(trainer.network().initialState(3), 0);
      assertThat(trainer.averagedState()).isEmpty();
      List<Map<String, HostTensor>> models = new ArrayList<>();
      for (int e = 0; e < 3; e++) {
        epoch(trainer, e);
        assertThat(trainer.average(e).images()).isEqualTo(Tiny.TEST.size());
        models.add(trainer.state());
      }
      Map<String, HostTensor> averaged = trainer.averagedState();
      for (Variable p : trainer.network().parameters()) {
        double[] mean = new double[Math.toIntExact(p.shape().size())];
        for (Map<String, HostTensor> model : models) {
          double[] values = model.get(p.name()).doubles();
          Arrays.setAll(mean, i -> mean[i] + values[i] / models.size());
        }
        double[] found = averaged.get(p.name()).doubles();
        for (int i = 0; i < mean.length; i++) {
          assertThat(found[i])
              .as(p.name())
              .isCloseTo(mean[i], org.assertj.core.data.Offset.offset(1e-6));
        }
      }
      double tracked = averaged.get("feature.1.num_batches_tracked").get(0);
      assertThat(tracked).isEqualTo(trainer.batches().count());
    }
  }

  @Test
  void divergenceIsSeenInLowPrecisionTooAtItsStep() {
    Recipe wild = Tiny.training(4, 1e30, 3).recipe().with(SWALP, false);
    try (Backend backend = Tiny.backend();
        Trainer trainer = new Trainer(backend, Tiny.network(), Tiny.TRAIN, Tiny.TEST, wild)) {
      trainer.start(trainer.network().initialState(3), 0);
      epoch(trainer, 0);
      assertThat(trainer.metrics().firstNonFinite()).isBetween(1L, 2L);
    }
  }

  @Test
  void opsHaveTheNamesOfTheirClasses() {
    assertThat(io.earlybird.tensor.op.Quantize.nearest(new BlockFloat(8, 0)).name())
        .isEqualTo("Quantize");
  }

  @Test
  void averagesWeighTheNewestLikeAllBefore() {
    assertThatThrownBy(() -> WeightAverage.shareOf(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected 0 or more");
    assertThat(WeightAverage.shareOf(0)).isEqualTo(1f);
    assertThat(WeightAverage.shareOf(2)).isEqualTo((float) (1 / 3.0));
    assertThat(WeightAverage.statisticsShare(4, 0)).isEqualTo(1f);
    assertThat(WeightAverage.statisticsShare(3, 8)).isEqualTo((float) (3 / 11.0));
  }

  @Test
  void refusesWhatCannotBe() {
    for (int bits : new int[] {0, 1, 17, -2}) {
      assertThatThrownBy(() -> new LowPrecision(8, bits, 8, 8, 8, Rounding.NEAREST))
          .isInstanceOf(EarlybirdException.class)
          .hasMessageContaining("--wl-grad must be 2 to 16 bits, or -1");
    }
    assertThatThrownBy(() -> settings("up", false, 0))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("--rounding must be nearest or stochastic, not 'up'");
    assertThatThrownBy(() -> settings("nearest", true, 4).checkEpochs(4))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("--swa_start 4: there is no network to average");
    settings("nearest", true, 3).checkEpochs(4);
    settings("nearest", false, 9).checkEpochs(4);
  }

  private static PrecisionSettings settings(String rounding, boolean swa, int start) {
    return new PrecisionSettings("original", 8, 8, 8, 8, 8, rounding, swa, start, "same");
  }

  @Test
  void fullPrecisionAddsNothingToTheGraph() {
    Network network = Tiny.network();
    assertThat(LowPrecision.NONE.isFull()).isTrue();
    assertThat(SWALP.isFull()).isFalse();
    assertThat(new LowPrecision(-1, -1, -1, 4, -1, Rounding.NEAREST).isFull()).isFalse();
    assertThat(network.parameters()).isNotEmpty();
  }
}
