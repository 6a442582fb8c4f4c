package io.earlybird.tickets;

import static io.earlybird.golden.Closeness.assertClose;
import static io.earlybird.golden.Closeness.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.EarlybirdException;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.tensor.format.Rounding;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Networks pruned in low precision, with and without protection of each layer's strongest channels,
 * against the original's: widths, counts, every bit of the state, quantized logits.
 */
class LowPrecisionPruneGoldenTest {
  private static final LowPrecision BITS = LowPrecision.of(8, Rounding.NEAREST);

  @TestFactory
  Stream<DynamicTest> vgg() {
    return GoldenRegistry.tests(
        getClass(), "prune/vgg-lowprecision", c -> check(c, Criterion.SCALE));
  }

  @TestFactory
  Stream<DynamicTest> preResNet() {
    return GoldenRegistry.tests(
        getClass(), "prune/preresnet-lowprecision", c -> check(c, Criterion.SCALE));
  }

  @TestFactory
  Stream<DynamicTest> protective() {
    return GoldenRegistry.tests(
        getClass(), "prune/vgg-protective", c -> check(c, Criterion.PROTECTIVE));
  }

  private static void check(GoldenCase c, Criterion criterion) {
    if (!c.json(".json").path("error").isNull()) {
      assertThat(c.json(".json").required("error").asText()).contains("out of bounds");
      assertThatThrownBy(() -> new RecordedPruning(c, criterion))
          .isInstanceOf(EarlybirdException.class)
          .hasMessageContaining("choose a ratio below");
      return;
    }
    RecordedPruning r = new RecordedPruning(c, criterion);
    PruneResult pruned = Pruner.prune(r.network, r.state, r.mask);
    byte[] masks = c.npy(".masks.npy").bytes();
    assertThat(pruned.pruningFlops())
        .isCloseTo(r.result.required("p_flops").asDouble(), within(1e-6));
    if (!r.comparable()) {
      assertThat(r.mask.bytes()).isEqualTo(masks);
      assertThat(pruned.messages()).isNotEmpty().allMatch(m -> m.contains("no channel survives"));
      return;
    }
    assertThat(pruned.kept().bytes()).isEqualTo(masks);
    r.assertSame(pruned);
    assertClose(
        "logits",
        Evaluation.logits(pruned.network(), pruned.state(), r.pictures(), BITS),
        doubles(c.floats(".eval_logits_expected.npy")));
  }
}
