package io.earlybird.checkpoint.pth;

import static io.earlybird.golden.Closeness.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.checkpoint.pickle.PickleDict;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.models.StandardNetwork;
import io.earlybird.nn.ForwardPass;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files exchanged with a real PyTorch, where a Python has one. */
class TorchInteropTest {
  private static final Cfg CFG = Cfg.of(4, "M", 6, "M", 6, "M", 8, "M", 8);
  private static final StandardNetwork NETWORK = Network.of(NetworkSpec.of("vgg", CFG, 10));

  @TempDir private static Path folder;

  private static Map<String, HostTensor> state;
  private static Map<String, HostTensor> momenta;
  private static JsonNode report;

  @BeforeAll
  static void exchange() throws IOException, InterruptedException {
    TorchPython.require(folder);
    state = NETWORK.initialState(7);
    momenta = new LinkedHashMap<>();
    NETWORK.parameters().forEach(p -> momenta.put(p.name(), state.get(p.name())));
    momenta.remove("feature.1.bias");
    OriginalFiles.SgdState sgd = new OriginalFiles.SgdState(momenta, 0.01, 0.9, 1e-4);
    OriginalFiles.writeInit(ours("init"), state);
    OriginalFiles.writeCheckpoint(ours("checkpoint"), 5, state, 81.25, sgd);
    OriginalFiles.writePruned(ours("pruned"), CFG, state);
    OriginalFiles.writeSwa(ours("swa"), 6, state, 82.5, sgd);
    TorchPython.run(TorchInteropTest.class, "interop.py", folder);
    report = new ObjectMapper().readTree(folder.resolve("report.json").toFile());
  }

  @ParameterizedTest
  @ValueSource(strings = {"init", "checkpoint", "pruned", "swa"})
  void itLoadsOurFiles(String name) {
    JsonNode loaded = report.get("ours").get(name);
    assertThat(loaded.get("type").asText()).isEqualTo("OrderedDict");
    tensors(loaded.get("state"), state, true);
    assertClose("logits", logits(state), doubles(loaded.get("logits")));
    boolean floats = name.equals("checkpoint") || name.equals("swa");
    if (!floats || report.get("weights_only_knows_floats").asBoolean()) {
      assertThat(loaded.get("weights_only").asText()).as("weights_only=True").isEqualTo("true");
    }
    if (floats) {
      tensors(loaded.get("momenta"), momenta, false);
      assertThat(loaded.get("lr").asDouble()).isEqualTo(0.01);
    }
  }

  @Test
  void itFindsTheOriginalsKeys() {
    JsonNode ours = report.get("ours");
    assertThat(ours.get("init").get("keys")).hasToString("[\"state_dict\"]");
    assertThat(ours.get("checkpoint").get("keys"))
        .hasToString("[\"epoch\",\"state_dict\",\"best_prec1\",\"optimizer\"]");
    assertThat(ours.get("checkpoint").get("plain"))
        .hasToString("{\"epoch\":5,\"best_prec1\":81.25}");
    assertThat(ours.get("pruned").get("plain"))
        .hasToString("{\"cfg\":[4,\"M\",6,\"M\",6,\"M\",8,\"M\",8]}");
    assertThat(ours.get("swa").get("plain")).hasToString("{\"epoch\":6,\"prec1\":82.5}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip", "legacy"})
  void weLoadItsCheckpoints(String layout) {
    OriginalCheckpoint theirs = OriginalCheckpoint.read(theirs("checkpoint", layout));
    JsonNode expected = report.get("theirs");
    assertThat(theirs.epoch()).hasValue(3);
    assertThat(theirs.best()).hasValue(12.5);
    assertThat(theirs.learningRate()).hasValue(0.1);
    assertThat(theirs.requireNetwork()).isEqualTo(NETWORK.spec());
    tensors(expected.get("state"), theirs.state(), true);
    tensors(expected.get("momenta"), theirs.momenta(), true);
    assertClose("logits", logits(theirs.stateFor(NETWORK)), doubles(expected.get("logits")));
    OriginalCheckpoint parallel = OriginalCheckpoint.read(theirs("parallel", layout));
    assertThat(parallel.rawState().keySet()).allMatch(key -> key.startsWith("module."));
    assertThat(parallel.state()).containsExactlyEntriesOf(theirs.state());
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip", "legacy"})
  void weLoadItsTensorsOfAllKinds(String layout) {
    PickleDict kinds = PthFile.read(theirs("kinds", layout)).dict();
    double[] base = new double[24];
    double[] flags = new double[24];
    for (int i = 0; i < base.length; i++) {
      base[i] = i;
      flags[i] = i > 7 ? 1 : 0;
    }
    for (String name :
        List.of("half", "bfloat16", "double", "shared", "int8", "int16", "parameter")) {
      assertThat(values(kinds, name)).as(name).isEqualTo(base);
    }
    assertThat(values(kinds, "flags")).isEqualTo(flags);
    assertThat(values(kinds, "column")).isEqualTo(doubles(report.get("theirs").get("column")));
    assertThat(values(kinds, "transposed"))
        .isEqualTo(doubles(report.get("theirs").get("transposed")));
    assertThat(values(kinds, "scalar")).containsExactly(2.5);
    assertThat(values(kinds, "empty")).isEmpty();
    assertThat(values(kinds, "expanded")).containsExactly(1, 1, 1, 2, 2, 2);
    assertThat(kinds.get("dtype")).isEqualTo(TorchType.FLOAT16);
    assertThat(kinds.get("device")).isEqualTo("cpu");
    assertThat(kinds.get("big")).isEqualTo(BigInteger.ONE.shiftLeft(70));
    assertThat(kinds.get("text")).isEqualTo("héllo");
  }

  private static double[] values(PickleDict dict, String name) {
    return ((TorchTensor) dict.get(name)).toHost().doubles();
  }

  private static void tensors(
      JsonNode expected, Map<String, HostTensor> actual, boolean sameOrder) {
    List<String> names = expected.properties().stream().map(Map.Entry::getKey).toList();
    if (sameOrder) {
      assertThat(List.copyOf(actual.keySet())).isEqualTo(names);
    }
    assertThat(actual.keySet()).containsExactlyInAnyOrderElementsOf(names);
    actual.forEach(
        (name, tensor) -> {
          CRC32 crc = new CRC32();
          crc.update(tensor.buffer());
          String shape = StateKeys.isScalar(name) ? "[]" : tensor.shape().toString();
          assertThat(expected.get(name).get(1)).as(name).hasToString(shape);
          assertThat(crc.getValue()).as(name).isEqualTo(expected.get(name).get(2).asLong());
        });
  }

  /** The network's logits for the pictures that the script makes too. */
  private static double[] logits(Map<String, HostTensor> weights) {
    float[] pixels = new float[4 * 3 * 32 * 32];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (i % 251) / 125f - 1;
    }
    Tensor x = Tensor.placeholder("x", NETWORK.inputSpec(4));
    Tensor logits = NETWORK.forward(x, ForwardPass.evaluation());
    try (Session session = new Session(new ReferenceBackend(DType.F32))) {
      Plan plan = session.plan(List.of(logits), List.of());
      NETWORK.writeState(weights, session::write);
      plan.write(x, HostTensor.of(pixels, 4, 3, 32, 32).permute(0, 2, 3, 1));
      plan.run();
      return plan.read(logits).doubles();
    }
  }

  private static double[] doubles(JsonNode list) {
    double[] values = new double[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.get(i).asDouble();
    }
    return values;
  }

  private static Path ours(String name) {
    return folder.resolve("ours." + name + ".pth.tar");
  }

  private static Path theirs(String name, String layout) {
    return folder.resolve("theirs." + name + "." + layout + ".pth.tar");
  }
}
