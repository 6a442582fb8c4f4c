package io.earlybird.tickets;

import static io.earlybird.golden.Closeness.assertClose;
import static io.earlybird.golden.Closeness.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.Npy;
import io.earlybird.golden.Bundle;
import io.earlybird.golden.GeneratedState;
import io.earlybird.golden.Generator;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import io.earlybird.golden.GoldenTensor;
import io.earlybird.golden.PruneInput;
import io.earlybird.models.Cfg;
import io.earlybird.models.Costs;
import io.earlybird.models.GoldenNetworks;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.tensor.HostTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Pruned networks against the original's: widths, counts, every bit of the state, logits. */
class PruneGoldenTest {
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

  /** One recorded pruning. */
  private static final class Recorded {
    final GoldenCase recorded;
    final JsonNode result;
    final Map<String, HostTensor> state;
    final Network network;
    final ChannelMask mask;

    Recorded(GoldenCase c) {
      recorded = c;
      result = c.json(".json");
      Map<String, GoldenTensor> input = PruneInput.state(c);
      state = GoldenNetworks.state(input);
      network = Network.of(spec(c.meta(), state), state);
      List<float[]> scales = network.scales(state);
      mask = ChannelMask.of(scales, PruneInput.ratio(c));
      assertThat(mask.size()).isEqualTo(result.required("total").asInt());
      assertThat(mask.size() - mask.kept()).isEqualTo(result.required("pruned_channels").asInt());
    }

    /** A dead VGG layer keeps a channel here and vanishes there; all else can be compared. */
    boolean comparable() {
      return result.required("weights_and_logits_comparable").asBoolean();
    }
  }

  private void check(GoldenCase c) {
    if (c.json(".json").required("thre_index").equals(c.json(".json").required("total"))) {
      assertThatThrownBy(() -> new Recorded(c))
          .isInstanceOf(EarlybirdException.class)
          .hasMessageContaining("expected 0 <= ratio < 1");
      return;
    }
    Recorded r = new Recorded(c);
    Pruner pruner = new Pruner(r.network, r.state, r.mask);
    Map<String, HostTensor> masked = pruner.masked(r.state);
    PruneResult pruned = Pruner.prune(r.network, r.state, r.mask);
    HostTensor x = pictures(c);
    double[] maskedLogits = Evaluation.logits(r.network, masked, x);
    double[] prunedLogits = Evaluation.logits(pruned.network(), pruned.state(), x);
    assertClose("pruned against masked", prunedLogits, maskedLogits);
    byte[] masks = c.npy(".masks.npy").bytes();
    assertThat(pruned.pruningFlops())
        .isCloseTo(r.result.required("p_flops").asDouble(), within(1e-6));
    if (r.comparable()) {
      assertThat(pruned.kept().bytes()).isEqualTo(masks);
      assertSame(r, pruned);
      assertClose("logits", prunedLogits, doubles(c.floats(".eval_logits_expected.npy")));
    } else {
      assertThat(r.mask.bytes()).isEqualTo(masks);
      assertThat(pruned.messages()).isNotEmpty().allMatch(m -> m.contains("no channel survives"));
    }
  }

  private void checkRewound(GoldenCase c) {
    Recorded r = new Recorded(c);
    Map<String, int[]> shapes = GeneratedState.shapes(c.meta().required("input_state_checks"), "");
    Map<String, HostTensor> second =
        GoldenNetworks.state(GeneratedState.fill(c.seed() + 5, shapes));
    PruneResult pruned = new Pruner(r.network, r.state, r.mask).cut(second);
    assertThat(pruned.kept().bytes()).isEqualTo(c.npy(".masks.npy").bytes());
    assertSame(r, pruned);
    double[] logits = Evaluation.logits(pruned.network(), pruned.state(), pictures(c));
    assertClose("logits", logits, doubles(c.floats(".eval_logits_expected.npy")));
  }

  private static void assertSame(Recorded r, PruneResult pruned) {
    assertThat(pruned.spec().widths()).isEqualTo(GoldenNetworks.cfg(r.result.required("cfg")));
    Costs costs = Costs.of(pruned.network());
    assertThat(costs.parameters()).isEqualTo(r.result.required("parameters_after").asLong());
    assertThat((double) costs.flops()).isEqualTo(r.result.required("flops_after").asDouble());
    Map<String, Long> expected = new LinkedHashMap<>();
    r.result
        .required("saved_state")
        .forEach(e -> expected.put(e.required("name").asText(), e.required("crc32").asLong()));
    Map<String, Long> actual = new LinkedHashMap<>();
    pruned.state().forEach((k, t) -> actual.put(k, crc32(t)));
    // Exact, running statistics included: these check sums are of the repaired program's result.
    assertThat(actual).containsExactlyEntriesOf(expected);
    if (r.recorded.hasBundle(".pruned_expected")) {
      Bundle bundle = r.recorded.bundle(".pruned_expected");
      assertThat(pruned.state()).isEqualTo(GoldenNetworks.state(bundle.tensors()));
    }
  }

  private static long crc32(HostTensor t) {
    CRC32 crc = new CRC32();
    crc.update(t.buffer());
    return crc.getValue();
  }

  private static HostTensor pictures(GoldenCase c) {
    Path file = c.dir().resolve("x.npy");
    if (!Files.exists(file)) {
      return GoldenNetworks.pictures(Generator.input(c.seed(), 4, 3, 32, 32));
    }
    Npy x = Npy.read(file);
    return GoldenNetworks.pictures(GoldenTensor.of("x", x.shape(), x.floats()));
  }

  /** Recorded or, where the folder has no description, read off the names and shapes. */
  private static NetworkSpec spec(JsonNode meta, Map<String, HostTensor> state) {
    if (meta.has("depth") && !meta.has("cfg_in")) {
      return GoldenNetworks.spec(meta);
    }
    List<Object> cfg = new ArrayList<>();
    int next = 0;
    for (String key : state.keySet()) {
      HostTensor t = state.get(key);
      if (t.shape().rank() == 4) {
        int index = Integer.parseInt(key.split("\\.")[1]);
        for (; next < index; next++) {
          cfg.add("M");
        }
        cfg.add(t.shape().dim(0));
        next += 3;
      }
    }
    int classes = state.get("classifier.bias").shape().dim(0);
    return NetworkSpec.of("vgg", Cfg.of(cfg), classes);
  }
}
