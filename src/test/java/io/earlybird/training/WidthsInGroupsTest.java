package io.earlybird.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.backend.Backend;
import io.earlybird.golden.Closeness;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.models.StandardNetwork;
import io.earlybird.nn.Width;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.format.Rounding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Networks whose tensors have room for groups of channels train as those without. */
class WidthsInGroupsTest {
  private static final NetworkSpec VGG =
      NetworkSpec.of("vgg", Cfg.of(5, "M", 7, "M", 9, "M", 8, "M", 13), 10);

  /** Widths that no group of eight divides, selections and streams among them. */
  private static final List<NetworkSpec> NETWORKS =
      List.of(
          VGG,
          NetworkSpec.of("resnet", Cfg.of(11, 5, 7, 30, 9, 11, 61, 13, 17, 101), 10),
          NetworkSpec.of("resnet18", narrow(), 10).withInputSize(32),
          NetworkSpec.of("resnet50_prune", bottlenecks(), 10).withInputSize(32));

  static List<NetworkSpec> all() {
    return NETWORKS;
  }

  /**
   * Without the deepest one, which amplifies what differs in the last bits a hundred times a step.
   */
  static List<NetworkSpec> shallow() {
    return NETWORKS.subList(0, 3);
  }

  /** Streams of 9, 10, 12 and 15 channels, of which branches select some. */
  private static Cfg narrow() {
    return Cfg.of(7, 5, 9, 6, 8, 7, 10, 9, 9, 5, 12, 11, 11, 6, 15, 5, 9, 10, 12, 15);
  }

  /** Streams of 5, 9, 10, 11 and 13 channels. */
  private static Cfg bottlenecks() {
    List<Object> widths = new ArrayList<>(List.of(5, 5));
    int[] blocks = {3, 4, 6, 3};
    int[] streams = {9, 10, 11, 13};
    for (int s = 0; s < blocks.length; s++) {
      for (int b = 0; b < blocks[s]; b++) {
        widths.addAll(List.of(3 + s, 4, streams[s]));
      }
    }
    return Cfg.of(widths);
  }

  /** After one epoch. */
  private static Trainer trainer(Backend backend, Network network, Recipe recipe) {
    Trainer trainer = new Trainer(backend, network, Tiny.TRAIN, Tiny.TEST, recipe);
    trainer.start(trainer.network().initialState(1), 0);
    trainer.beginEpoch(0);
    assertThat(trainer.train(batches -> true)).isTrue();
    return trainer;
  }

  @ParameterizedTest
  @MethodSource("all")
  void zerosChangeNoBitOfWeightsMomentaAndStatistics(NetworkSpec spec) {
    StandardNetwork exact = Network.ofWidths(spec);
    Network grouped = exact.inGroupsOf(8);
    assertThat(grouped.variables()).anyMatch(v -> !v.stored().equals(v.spec()));
    try (Backend backend = Tiny.backend();
        Trainer expected = trainer(backend, exact, Tiny.recipe(1));
        Trainer actual = trainer(backend, grouped, Tiny.recipe(1))) {
      assertThat(actual.snapshot()).isEqualTo(expected.snapshot());
      assertThat(actual.evaluate()).isEqualTo(expected.evaluate());
    }
  }

  /** Where sums are formed by kernels of other shapes. */
  @ParameterizedTest
  @MethodSource("shallow")
  void onTheCpuTheyAgree(NetworkSpec spec) {
    StandardNetwork exact = Network.ofWidths(spec);
    try (Backend backend = Tiny.backend("cpu");
        Trainer expected = trainer(backend, exact, Tiny.recipe(1));
        Trainer actual = trainer(backend, exact.inGroupsOf(8), Tiny.recipe(1))) {
      Map<String, HostTensor> values = actual.snapshot();
      expected
          .snapshot()
          .forEach(
              (key, value) ->
                  Closeness.assertClose(key, values.get(key).doubles(), value.doubles(), 1e-6));
      double loss = expected.evaluate().loss();
      assertThat(actual.evaluate().loss()).isCloseTo(loss, within(1e-4 * loss));
    }
  }

  /** Zeros change no block's exponent, and an average of weights has the same room. */
  @Test
  void inLowPrecisionWithAnAverageToo() {
    Recipe recipe = Tiny.recipe(1).with(LowPrecision.of(8, Rounding.NEAREST), true);
    try (Backend backend = Tiny.backend();
        Trainer exact = trainer(backend, Network.of(VGG), recipe);
        Trainer grouped = trainer(backend, Network.of(VGG).inGroupsOf(8), recipe)) {
      assertThat(grouped.snapshot()).isEqualTo(exact.snapshot());
      assertThat(grouped.average(0)).isEqualTo(exact.average(0));
      assertThat(grouped.averagedState()).isEqualTo(exact.averagedState());
    }
  }

  @Test
  void elementsKeepTheirPlaceWhereThereIsRoom() {
    HostTensor t = HostTensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    HostTensor roomy = HostTensor.of(new float[] {1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0, 0}, 3, 4);
    assertThat(t.resized(roomy.shape())).isEqualTo(roomy);
    assertThat(roomy.resized(t.shape())).isEqualTo(t);
    assertThatThrownBy(() -> t.resized(Shape.of(6))).hasMessageContaining("rank");
    assertThatThrownBy(() -> new Width(5, 4)).hasMessageContaining("no room for 5");
  }

  @Test
  void roomIsForWholeGroupsOnly() {
    for (Variable v : Network.of(VGG).inGroupsOf(8).parameters()) {
      if (v.shape().rank() == 4) {
        assertThat(v.stored().shape().dim(0) % 8).as(v.name()).isZero();
      }
    }
    assertThat(Network.of(VGG).inGroupsOf(1).variables())
        .allMatch(v -> v.stored().equals(v.spec()));
  }
}
