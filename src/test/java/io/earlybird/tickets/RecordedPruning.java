package io.earlybird.tickets;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.checkpoint.Npy;
import io.earlybird.checkpoint.pth.OriginalFiles;
import io.earlybird.golden.GeneratedState;
import io.earlybird.golden.Generator;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenTensor;
import io.earlybird.golden.PruneInput;
import io.earlybird.models.Cfg;
import io.earlybird.models.Costs;
import io.earlybird.models.GoldenNetworks;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.models.StandardNetwork;
import io.earlybird.tensor.HostTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/** One recorded pruning: the network that it began with, its mask, and what came out. */
final class RecordedPruning {
  final GoldenCase recorded;
  final JsonNode result;
  final Map<String, HostTensor> state;
  final StandardNetwork network;
  final ChannelMask mask;

  /** A pruning by the magnitude of scales. */
  RecordedPruning(GoldenCase c) {
    this(c, Criterion.SCALE);
  }

  RecordedPruning(GoldenCase c, Criterion criterion) {
    recorded = c;
    result = c.json(".json");
    state = input(c);
    network = Network.of(spec(c.meta(), state), state);
    mask = criterion.mask(network, state, PruneInput.ratio(c), 0);
    assertThat(mask.size()).isEqualTo(result.required("total").asInt());
    assertThat(mask.size() - mask.kept()).isEqualTo(result.required("pruned_channels").asInt());
  }

  private static Map<String, HostTensor> input(GoldenCase c) {
    if (isRecorded(c)) {
      return plain(c, PruneInput.state(c));
    }
    Network network = Network.of(GoldenNetworks.spec(c.meta()));
    return GoldenNetworks.state(GeneratedState.fill(c.seed(), GoldenNetworks.shapes(network)));
  }

  private static boolean isRecorded(GoldenCase c) {
    return c.meta().has("input_state_checks")
        || c.hasBundle(".input")
        || Files.exists(c.dir().resolve("input.bundle.json"));
  }

  private static boolean isQuantized(GoldenCase c) {
    return c.kind().contains("lowprecision") || c.kind().endsWith("protective");
  }

  /** Under our names: without the level that quantizers add to those of convolutions. */
  private static Map<String, HostTensor> plain(GoldenCase c, Map<String, GoldenTensor> tensors) {
    Map<String, HostTensor> plain = new LinkedHashMap<>();
    tensors.forEach(
        (name, t) ->
            plain.put(
                isQuantized(c) && t.shape().length == 4
                    ? name.replaceFirst("\\.0\\.weight$", ".weight")
                    : name,
                GoldenNetworks.host(t)));
    return plain;
  }

  /** A dead VGG layer keeps a channel here and vanishes there; all else can be compared. */
  boolean comparable() {
    return result.required("weights_and_logits_comparable").asBoolean();
  }

  /** Our result has the recorded widths, costs and every bit of the recorded state. */
  void assertSame(PruneResult pruned) {
    assertThat(network.widthsOf(pruned.state()))
        .isEqualTo(GoldenNetworks.cfg(result.required("cfg")));
    assertCosts(Costs.of(pruned.network()));
    assertSaved(pruned.state());
    if (recorded.hasBundle(".pruned_expected")) {
      assertThat(pruned.state())
          .isEqualTo(plain(recorded, recorded.bundle(".pruned_expected").tensors()));
    }
  }

  void assertCosts(Costs costs) {
    assertThat(costs.parameters()).isEqualTo(result.required("parameters_after").asLong());
    assertThat((double) costs.flops()).isEqualTo(result.required("flops_after").asDouble());
  }

  /** Names, in low precision with a level more, and check sums. */
  void assertSaved(Map<String, HostTensor> ours) {
    Map<String, Long> expected = new LinkedHashMap<>();
    result
        .required("saved_state")
        .forEach(e -> expected.put(e.required("name").asText(), e.required("crc32").asLong()));
    Map<String, Long> actual = new LinkedHashMap<>();
    (isQuantized(recorded) ? OriginalFiles.quantized(ours) : ours)
        .forEach((k, t) -> actual.put(k, crc32(t)));
    // Exact, running statistics included: these check sums are of the repaired program's result.
    assertThat(actual).containsExactlyEntriesOf(expected);
  }

  private static long crc32(HostTensor t) {
    CRC32 crc = new CRC32();
    crc.update(t.buffer());
    return crc.getValue();
  }

  /** The recorded pictures [N,H,W,3]. */
  HostTensor pictures() {
    Path file = recorded.dir().resolve("x.npy");
    if (!Files.exists(file)) {
      return GoldenNetworks.pictures(Generator.input(recorded.seed(), 4, 3, 32, 32));
    }
    Npy x = Npy.read(file);
    return GoldenNetworks.pictures(GoldenTensor.of("x", x.shape(), x.floats()));
  }

  /** Recorded or, where the folder has no description, read off the names and shapes. */
  private static NetworkSpec spec(JsonNode meta, Map<String, HostTensor> state) {
    if (meta.path("dataset").asText().equals("imagenet")) {
      String arch = meta.path("arch").asText("resnet50_official");
      return new NetworkSpec(arch, 0, null, 1000, 224);
    }
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
