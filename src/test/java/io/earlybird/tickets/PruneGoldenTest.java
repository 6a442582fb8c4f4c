package io.earlybird.tickets;

import static io.earlybird.golden.Closeness.assertClose;
import static io.earlybird.golden.Closeness.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.EarlybirdException;
import io.earlybird.golden.Bundle;
import io.earlybird.golden.GeneratedState;
import io.earlybird.golden.Generator;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import io.earlybird.models.Cfg;
import io.earlybird.models.Costs;
import io.earlybird.models.GoldenNetworks;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.tensor.HostTensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Pruned networks against the original's: widths, counts, every bit of the state, logits. */
class PruneGoldenTest {
  private static final int SMALL_PICTURE = 64;

  @TestFactory
  Stream<DynamicTest> vgg() {
    return GoldenRegistry.tests(getClass(), "prune/vgg", this::check);
  }

  @TestFactory
  Stream<DynamicTest> vggWithOwnInputs() {
    return GoldenRegistry.tests(getClass(), "prune/vgg-own-inputs", this::check);
  }

  @TestFactory
  Stream<DynamicTest> preResNet() {
    return GoldenRegistry.tests(getClass(), "prune/preresnet", this::check);
  }

  @TestFactory
  Stream<DynamicTest> preResNetRewound() {
    return GoldenRegistry.tests(getClass(), "prune/preresnet-rewind", this::checkRewound);
  }

  private void check(GoldenCase c) {
    if (c.json(".json").required("thre_index").equals(c.json(".json").required("total"))) {
      assertThatThrownBy(() -> new RecordedPruning(c))
          .isInstanceOf(EarlybirdException.class)
          .hasMessageContaining("expected 0 <= ratio < 1");
      return;
    }
    RecordedPruning r = new RecordedPruning(c);
    Pruner pruner = new Pruner(r.network, r.state, r.mask);
    Map<String, HostTensor> masked = pruner.masked(r.state);
    PruneResult pruned = Pruner.prune(r.network, r.state, r.mask);
    HostTensor x = r.pictures();
    double[] maskedLogits = Evaluation.logits(r.network, masked, x);
    double[] prunedLogits = Evaluation.logits(pruned.network(), pruned.state(), x);
    assertClose("pruned against masked", prunedLogits, maskedLogits);
    byte[] masks = c.npy(".masks.npy").bytes();
    assertThat(pruned.pruningFlops())
        .isCloseTo(r.result.required("p_flops").asDouble(), within(1e-6));
    if (r.comparable()) {
      assertThat(pruned.kept().bytes()).isEqualTo(masks);
      r.assertSame(pruned);
      assertClose("logits", prunedLogits, doubles(c.floats(".eval_logits_expected.npy")));
    } else {
      assertThat(r.mask.bytes()).isEqualTo(masks);
      assertThat(pruned.messages()).isNotEmpty().allMatch(m -> m.contains("no channel survives"));
    }
  }

  private void checkRewound(GoldenCase c) {
    RecordedPruning r = new RecordedPruning(c);
    Map<String, int[]> shapes = GeneratedState.shapes(c.meta().required("input_state_checks"), "");
    Map<String, HostTensor> second =
        GoldenNetworks.state(GeneratedState.fill(c.seed() + 5, shapes));
    PruneResult pruned = new Pruner(r.network, r.state, r.mask).cut(second);
    assertThat(pruned.kept().bytes()).isEqualTo(c.npy(".masks.npy").bytes());
    r.assertSame(pruned);
    double[] logits = Evaluation.logits(pruned.network(), pruned.state(), r.pictures());
    assertClose("logits", logits, doubles(c.floats(".eval_logits_expected.npy")));
  }

  @TestFactory
  Stream<DynamicTest> resNet18() {
    return GoldenRegistry.tests(getClass(), "prune/resnet18", this::checkResNet18);
  }

  @TestFactory
  Stream<DynamicTest> resNet50() {
    return GoldenRegistry.tests(getClass(), "prune/resnet50", this::checkResNet50);
  }

  /** Threshold and masks, the original's result as a network of ours, and our own result. */
  private void checkResNet18(GoldenCase c) {
    RecordedPruning r = new RecordedPruning(c);
    List<String> norms = r.network.batchNorms().stream().map(BatchNorm2d::name).toList();
    List<int[]> all = aliveByNorm(r);
    List<int[]> alive =
        OriginalResNetPruning.counted(norms).stream().map(n -> all.get(norms.indexOf(n))).toList();
    assertMasks(c, alive);
    assertThat(OriginalResNetPruning.cfg(alive))
        .isEqualTo(GoldenNetworks.cfg(r.result.required("cfg")).toList());

    Map<String, HostTensor> original = OriginalResNetPruning.prune(r.state, norms, all);
    r.assertSaved(original);
    Cfg cfg = GoldenNetworks.cfg(r.result.required("cfg"));
    Network narrow = Network.of(r.network.spec().withCfg(cfg), original);
    r.assertCosts(Costs.of(narrow));
    HostTensor x =
        GoldenNetworks.pictures(
            Generator.input(c.seed(), Bundle.ints(c.meta().required("input_shape"))));
    assertClose(
        "the original's logits",
        Evaluation.logits(narrow, original, x),
        doubles(c.floats(".eval_logits_expected.npy")));
    assertPrunedIsMasked(r);
  }

  /** Thresholds, masks and widths; the program copied no weights. */
  private void checkResNet50(GoldenCase c) {
    RecordedPruning r = new RecordedPruning(c);
    List<int[]> alive = aliveByNorm(r);
    assertMasks(c, alive);
    Cfg perNorm = GoldenNetworks.cfg(r.result.required("cfg"));
    assertThat(OriginalResNetPruning.cfg(alive)).isEqualTo(perNorm.toList());
    Cfg saved = GoldenNetworks.cfg(r.result.required("saved_cfg"));
    NetworkSpec narrow = r.network.spec().withCfg(perNorm);
    assertThat(narrow).isEqualTo(r.network.spec().withCfg(saved));
    // Where the program stopped with an error it had counted another network.
    if (r.result.required("error").isNull()) {
      r.assertCosts(Costs.of(Network.of(narrow)));
    }
    assertPrunedIsMasked(r);
  }

  /** Our own result, on pictures that take less time than the recorded ones. */
  private static void assertPrunedIsMasked(RecordedPruning r) {
    NetworkSpec full = r.network.spec();
    NetworkSpec spec =
        new NetworkSpec(full.arch(), full.depth(), full.cfg(), full.classes(), SMALL_PICTURE);
    Network network = Network.of(spec, r.state);
    Pruner pruner = new Pruner(network, r.state, r.mask);
    Map<String, HostTensor> masked = pruner.masked(r.state);
    PruneResult pruned = pruner.cut(masked);
    HostTensor x =
        GoldenNetworks.pictures(
            Generator.input(r.recorded.seed(), 2, 3, SMALL_PICTURE, SMALL_PICTURE));
    assertClose(
        "pruned against masked",
        Evaluation.logits(pruned.network(), pruned.state(), x),
        Evaluation.logits(network, masked, x));
    assertThat(Costs.of(pruned.network()).flops()).isLessThan(Costs.of(network).flops());
    assertThat(pruned.pruningFlops())
        .isCloseTo(r.result.required("p_flops").asDouble(), within(1e-6));
  }

  private static List<int[]> aliveByNorm(RecordedPruning r) {
    return IntStream.range(0, r.mask.layers()).mapToObj(r.mask::keptInLayer).toList();
  }

  private static void assertMasks(GoldenCase c, List<int[]> alive) {
    byte[] recorded = c.npy(".masks.npy").bytes();
    int[] sizes = Bundle.ints(c.json(".json").required("mask_sizes"));
    assertThat(alive).hasSameSizeAs(sizes);
    int at = 0;
    for (int layer = 0; layer < sizes.length; layer++) {
      byte[] expected = Arrays.copyOfRange(recorded, at, at + sizes[layer]);
      byte[] mask = new byte[sizes[layer]];
      for (int channel : OriginalResNetPruning.notEmpty(alive.get(layer))) {
        mask[channel] = 1;
      }
      assertThat(mask).as("mask " + layer).isEqualTo(expected);
      at += sizes[layer];
    }
  }
}
