package io.earlybird.checkpoint.pth;

import static io.earlybird.golden.Closeness.assertClose;
import static io.earlybird.golden.Closeness.doubles;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.checkpoint.Npy;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import io.earlybird.models.GoldenNetworks;
import io.earlybird.models.Network;
import io.earlybird.nn.ForwardPass;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The files that the original's pruning programs wrote: tensors, widths, and what they compute. */
class PrunedFileGoldenTest {
  private static final String FILE = ".pruned.pth.tar";
  private static final String LOGITS = ".eval_logits_of_saved_file.npy";

  @TestFactory
  Stream<DynamicTest> tensorsAndWidths() {
    return cases().map(c -> DynamicTest.dynamicTest(c.toString(), () -> tensors(c)));
  }

  @TestFactory
  Stream<DynamicTest> logits() {
    return cases()
        .filter(c -> c.has(LOGITS) && !c.kind().contains("resnet18"))
        .filter(c -> !OriginalCheckpoint.read(c.file(FILE)).isLowPrecision())
        .map(c -> DynamicTest.dynamicTest(c.toString(), () -> logits(c)));
  }

  private static Stream<GoldenCase> cases() {
    return GoldenRegistry.cases().stream()
        .filter(c -> c.kind().startsWith("prune/") && c.has(FILE));
  }

  /** Recorded without the running statistics that the programs move before they save. */
  private static void tensors(GoldenCase c) {
    OriginalCheckpoint checkpoint = OriginalCheckpoint.read(c.file(FILE));
    Iterator<JsonNode> recorded = c.json(".json").get("saved_state").iterator();
    checkpoint
        .rawState()
        .forEach(
            (name, tensor) -> {
              JsonNode expected = recorded.next();
              assertThat(name).isEqualTo(expected.get("name").asText());
              CRC32 crc = new CRC32();
              crc.update(tensor.buffer());
              if (!name.contains(".running_")) {
                assertThat(crc.getValue()).as(name).isEqualTo(expected.get("crc32").asLong());
              }
            });
    assertThat(recorded.hasNext()).isFalse();
    JsonNode result = c.json(".json");
    JsonNode cfg = result.has("saved_cfg") ? result.get("saved_cfg") : result.get("cfg");
    assertThat(checkpoint.cfg()).contains(GoldenNetworks.cfg(cfg));
  }

  private static void logits(GoldenCase c) {
    OriginalCheckpoint checkpoint = OriginalCheckpoint.read(c.file(FILE));
    Network network = Network.of(checkpoint.requireNetwork(), checkpoint.state());
    Map<String, HostTensor> state = checkpoint.stateFor(network);
    Npy pictures = Npy.read(c.dir().resolve("x.npy"));
    Tensor x = Tensor.placeholder("x", network.inputSpec(pictures.shape()[0]));
    Tensor logits = network.forward(x, ForwardPass.evaluation());
    try (Session session = new Session(new ReferenceBackend(DType.F32))) {
      Plan plan = session.plan(List.of(logits), List.of());
      network.writeState(state, session::write);
      plan.write(x, HostTensor.of(pictures.floats(), pictures.shape()).permute(0, 2, 3, 1));
      plan.run();
      assertClose("logits", plan.read(logits).doubles(), doubles(c.floats(LOGITS)));
    }
  }
}
