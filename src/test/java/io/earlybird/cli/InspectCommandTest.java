package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.checkpoint.CheckpointInfo;
import io.earlybird.checkpoint.Npy;
import io.earlybird.checkpoint.Safetensors;
import io.earlybird.checkpoint.pth.OriginalFiles;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.tensor.HostTensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Main.run(args, new PrintWriter(out), new PrintWriter(err));
  }

  private JsonNode json(Path file) throws IOException {
    out.getBuffer().setLength(0);
    assertThat(run("inspect", file.toString(), "--json")).as(err.toString()).isZero();
    return JSON.readTree(out.toString());
  }

  private Path checkpoint() {
    NetworkSpec spec = NetworkSpec.of("vgg", Cfg.of(2, "M", 3, "M", 3, "M", 4, "M", 5), 10);
    Map<String, HostTensor> state = Network.of(spec).initialState(1);
    HostTensor momentum = state.get("feature.0.weight");
    OriginalFiles.SgdState sgd =
        new OriginalFiles.SgdState(Map.of("feature.0.weight", momentum), 0.1, 0.9, 1e-4);
    Path file = folder.resolve("c.pth.tar");
    OriginalFiles.writeCheckpoint(file, 4, state, 11.5, sgd);
    return file;
  }

  @Test
  void aCheckpointOfTheOriginal() throws IOException {
    JsonNode content = json(checkpoint());
    assertThat(content.get("format").asText()).isEqualTo("pytorch");
    assertThat(content.get("layout").asText()).isEqualTo("zip");
    assertThat(content.get("keys"))
        .hasToString("[\"epoch\",\"state_dict\",\"best_prec1\",\"optimizer\"]");
    assertThat(content.get("epoch").asInt()).isEqualTo(4);
    assertThat(content.get("best").asDouble()).isEqualTo(11.5);
    assertThat(content.get("cfg")).hasToString("[2,\"M\",3,\"M\",3,\"M\",4,\"M\",5]");
    assertThat(content.get("network").get("arch").asText()).isEqualTo("vgg");
    assertThat(content.get("sha256").asText()).hasSize(64);
    JsonNode first = content.get("tensors").get(0);
    assertThat(first.get("key").asText()).isEqualTo("state_dict.feature.0.weight");
    assertThat(first.get("type").asText()).isEqualTo("float32");
    assertThat(first.get("shape")).hasToString("[2,3,3,3]");
    JsonNode momentum = content.get("tensors").get(content.get("tensors").size() - 1);
    assertThat(momentum.get("key").asText()).isEqualTo("optimizer.state.0.momentum_buffer");
    assertThat(momentum.get("crc32")).isEqualTo(first.get("crc32"));
    assertThat(content.get("values").findValuesAsText("key"))
        .contains("epoch", "optimizer.param_groups[0].lr", "optimizer.param_groups[0].params");
  }

  @Test
  void asATable() {
    assertThat(run("inspect", checkpoint().toString())).isZero();
    assertThat(out.toString())
        .contains("c.pth.tar: pytorch, zip layout, ")
        .containsPattern("epoch +4\n")
        .containsPattern("cfg +\\[2,\"M\",3,\"M\",3,\"M\",4,\"M\",5]\n")
        .containsPattern("optimizer.param_groups\\[0].lr +float +0.1\n")
        .containsPattern(
            "state_dict.feature.0.weight +float32 +\\[2,3,3,3] +crc32 [0-9a-f]{8} cpu\n");
  }

  @Test
  void ourCheckpointsSafetensorsAndArrays() throws IOException {
    Map<String, HostTensor> tensors = Map.of("a", HostTensor.of(new float[] {1, 2}, 2));
    Path own = folder.resolve("own.safetensors");
    CheckpointInfo info =
        new CheckpointInfo(
            "1",
            "search",
            JSON.readTree("{\"arch\":\"vgg\",\"cfg\":[1,\"M\"]}"),
            JSON.readTree("{}"),
            3,
            30,
            50,
            Double.NaN,
            Map.of(),
            new CheckpointInfo.Runtime("cpu", "x86-64-v3", 2, Map.of()));
    new Checkpoint(tensors, info).write(own);
    JsonNode content = json(own);
    assertThat(content.get("format").asText()).isEqualTo("earlybird checkpoint");
    assertThat(content.get("epoch").asInt()).isEqualTo(3);
    assertThat(content.get("cfg")).hasToString("[1,\"M\"]");

    Path plain = folder.resolve("plain.bin");
    Safetensors.write(plain, new Safetensors.Content(tensors, Map.of("k", "v")));
    content = json(plain);
    assertThat(content.get("format").asText()).isEqualTo("safetensors");
    assertThat(content.get("metadata")).hasToString("{\"k\":\"v\"}");
    assertThat(content.get("tensors").get(0).get("type").asText()).isEqualTo("F32");

    Path array = folder.resolve("array");
    Npy.of(new float[] {1, 2}, 2).write(array);
    JsonNode same = content.get("tensors").get(0).get("crc32");
    content = json(array);
    assertThat(content.get("format").asText()).isEqualTo("npy");
    assertThat(content.get("tensors").get(0).get("type").asText()).isEqualTo("<f4");
    assertThat(content.get("tensors").get(0).get("crc32")).isEqualTo(same);
  }

  @Test
  void whatCannotBeReadIsOneLine() throws IOException {
    Path text = Files.writeString(folder.resolve("text"), "hello world, this is no checkpoint\n");
    assertThat(run("inspect", text.toString())).isEqualTo(1);
    assertThat(run("inspect", folder.toString())).isEqualTo(1);
    assertThat(run("inspect", folder.resolve("none").toString())).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines())
        .hasSize(3)
        .allMatch(line -> line.startsWith("earlybird: " + folder))
        .anyMatch(line -> line.endsWith("(is this a PyTorch file?)"));
  }
}
