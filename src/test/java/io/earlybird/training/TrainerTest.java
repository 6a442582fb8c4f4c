package io.earlybird.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.models.Network;
import io.earlybird.tensor.HostTensor;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@ValueSource(strings = {"reference", "cpu"})
class TrainerTest {
  private final Backend backend;

  TrainerTest(String backend) {
    this.backend = Tiny.backend(backend);
  }

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  private Trainer trainer(long seed) {
    return new Trainer(backend, Tiny.network(), Tiny.TRAIN, Tiny.TEST, Tiny.recipe(seed));
  }

  private static void start(Trainer trainer, long seed) {
    trainer.start(trainer.network().initialState(seed), 0);
  }

  private static Map<String, HostTensor> trained(Trainer trainer, int epochs) {
    for (int e = 0; e < epochs; e++) {
      trainer.beginEpoch(e);
      assertThat(trainer.train(batches -> true)).isTrue();
    }
    return trainer.snapshot();
  }

  @Test
  void theSameSeedGivesTheSameBitsAndAnotherDoesNot() {
    try (Trainer a = trainer(1);
        Trainer b = trainer(1);
        Trainer c = trainer(2)) {
      start(a, 1);
      start(b, 1);
      start(c, 1);
      Map<String, HostTensor> first = trained(a, 2);
      assertThat(trained(b, 2)).isEqualTo(first);
      assertThat(trained(c, 2)).isNotEqualTo(first);
    }
  }

  @Test
  void anEpochSeesEveryImageOnceAndCountsItsSteps() {
    try (Trainer trainer = trainer(1)) {
      start(trainer, 1);
      trained(trainer, 1);
      assertThat(trainer.metrics().images()).isEqualTo(44);
      assertThat(trainer.step()).isEqualTo(3);
      assertThat(trainer.metrics().loss()).isBetween(1.5, 4.0);
      assertThat(trainer.metrics().firstNonFinite()).isEqualTo(-1);
      assertThat(trainer.evaluate().images()).isEqualTo(30);
    }
  }

  @Test
  void continuesBitForBitFromTheMiddleOfAnEpoch() {
    try (Trainer whole = trainer(1);
        Trainer first = trainer(1);
        Trainer second = trainer(1)) {
      start(whole, 1);
      Map<String, HostTensor> expected = trained(whole, 3);
      start(first, 1);
      trained(first, 1);
      first.beginEpoch(1);
      assertThat(first.train(batches -> batches < 2)).isFalse();
      second.restore(first.snapshot(), 1);
      assertThat(second.batchesDone()).isEqualTo(2);
      assertThat(second.train(batches -> true)).isTrue();
      second.beginEpoch(2);
      second.train(batches -> true);
      assertThat(second.snapshot()).isEqualTo(expected);
    }
  }

  @Test
  void evaluationChangesNothingButItsOwnCounters() {
    try (Trainer trainer = trainer(1)) {
      start(trainer, 1);
      Map<String, HostTensor> before = trained(trainer, 1);
      Metrics metrics = trainer.evaluate();
      assertThat(trainer.snapshot()).isEqualTo(before);
      assertThat(trainer.evaluate()).isEqualTo(metrics);
      Network fresh = Tiny.network();
      assertThat(Evaluator.evaluate(backend, fresh, trainer.state(), Tiny.TEST, 7).top1())
          .isEqualTo(metrics.top1());
    }
  }

  @Test
  void aSnapshotOfAnotherNetworkIsRefusedBeforeAnythingIsWritten() {
    try (Trainer trainer = trainer(1)) {
      start(trainer, 1);
      Map<String, HostTensor> before = trainer.snapshot();
      Map<String, HostTensor> other = new HashMap<>(before);
      other.put("classifier.bias", HostTensor.of(new float[9], 9));
      assertThatThrownBy(() -> trainer.restore(other, 0))
          .isInstanceOf(EarlybirdException.class)
          .hasMessageContaining("classifier.bias");
      assertThat(trainer.snapshot()).isEqualTo(before);
    }
  }

  @Test
  void itsMemoryIsGivenBack() {
    long before = backend.liveBytes();
    for (int i = 0; i < 3; i++) {
      try (Trainer trainer = trainer(1)) {
        start(trainer, 1);
        trained(trainer, 1);
        assertThat(trainer.bytes()).isPositive();
      }
      assertThat(backend.liveBytes()).isEqualTo(before);
    }
  }
}
