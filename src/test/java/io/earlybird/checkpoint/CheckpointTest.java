package io.earlybird.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.EarlybirdException;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tickets.ChannelMask;
import io.earlybird.tickets.DetectorTensors;
import io.earlybird.tickets.EarlyBirdDetector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
  @TempDir Path folder;

  @Test
  void everythingComesBack() {
    EarlyBirdDetector detector = new EarlyBirdDetector(EarlyBirdDetector.Settings.of(0.5));
    for (int epoch = 0; epoch < 7; epoch++) {
      detector.observe(
          epoch, ChannelMask.ofBytes(new byte[] {1, 0, (byte) (epoch % 2)}, new int[] {2, 1}));
    }
    Map<String, HostTensor> tensors = new LinkedHashMap<>(tensors());
    tensors.putAll(DetectorTensors.of("detector.0.5.", detector.state()));
    Path file = folder.resolve("c.safetensors");
    Checkpoint written = new Checkpoint(tensors, info());
    written.write(file);
    Checkpoint read = Checkpoint.read(file);
    assertThat(read).isEqualTo(written);
    assertThat(read.tensors().keySet()).containsExactlyElementsOf(tensors.keySet());
    assertThat(read.info().best()).isNaN();
    assertThat(Checkpoint.readInfo(file)).isEqualTo(info());
    assertThat(DetectorTensors.read("detector.0.5.", read.tensors())).isEqualTo(detector.state());
    EarlyBirdDetector fresh = new EarlyBirdDetector(EarlyBirdDetector.Settings.of(0.5));
    assertThat(DetectorTensors.read("d", DetectorTensors.of("d", fresh.state())))
        .isEqualTo(fresh.state());
    assertThatThrownBy(() -> DetectorTensors.read("other", read.tensors()))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("expected tensor othermasks");
  }

  @Test
  void aFlippedBitAnywhereIsNoticed() throws IOException {
    Path file = folder.resolve("c");
    new Checkpoint(tensors(), info()).write(file);
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < whole.length; i++) {
      byte[] damaged = whole.clone();
      damaged[i] ^= (byte) (1 << (i * 5 % 8));
      Files.write(file, damaged);
      assertThatThrownBy(() -> Checkpoint.read(file))
          .as("byte " + i)
          .isInstanceOf(EarlybirdException.class)
          .hasMessageStartingWith(file.toString())
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void everyTruncationIsNoticed() throws IOException {
    Path file = folder.resolve("c");
    new Checkpoint(tensors(), info()).write(file);
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length += 7) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Checkpoint.read(file)).isInstanceOf(EarlybirdException.class);
      assertThatThrownBy(() -> Checkpoint.readInfo(file)).isInstanceOf(EarlybirdException.class);
    }
  }

  @Test
  void otherFilesAndVersionsAreRefused() {
    Path file = folder.resolve("c");
    Safetensors.write(file, new Safetensors.Content(tensors(), Map.of()));
    assertThatThrownBy(() -> Checkpoint.read(file))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("found another safetensors file");
    Safetensors.write(
        file,
        new Safetensors.Content(
            tensors(), Map.of("format", "earlybird checkpoint", "format_version", "2")));
    assertThatThrownBy(() -> Checkpoint.read(file))
        .isInstanceOf(EarlybirdException.class)
        .hasMessage(file + ": expected checkpoint format version 1, found 2");
    Safetensors.write(
        file,
        new Safetensors.Content(
            tensors(), Map.of("format", "earlybird checkpoint", "format_version", "1")));
    assertThatThrownBy(() -> Checkpoint.read(file)).hasMessageContaining("damaged");
  }

  @Test
  void anotherNetworkIsNamedWithItsDifferences() {
    Checkpoint checkpoint = new Checkpoint(tensors(), info());
    Path file = folder.resolve("c");
    checkpoint.requireNetwork(network(16), file);
    assertThatThrownBy(() -> checkpoint.requireNetwork(network(19), file))
        .isInstanceOf(EarlybirdException.class)
        .hasMessage(
            file + ": a checkpoint of another network (expected -> found): depth: 19 -> 16");
    checkpoint.requireTensors(Map.of("a.weight", TensorSpec.f32(2, 2)), file);
    assertThatThrownBy(() -> checkpoint.requireTensors(Map.of("a.weight", TensorSpec.f32(4)), file))
        .hasMessage(file + ": tensor a.weight: expected f32[4], found f32[2,2]");
    assertThatThrownBy(() -> checkpoint.requireTensors(Map.of("b", TensorSpec.f32(4)), file))
        .hasMessage(file + ": tensor b: expected f32[4], found none");
  }

  @Test
  void aFailedWriteLeavesNothing() {
    Path file = folder.resolve("no/c");
    assertThatThrownBy(() -> new Checkpoint(tensors(), info()).write(file))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("does not exist");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void theHashOfTheWeightsIsPinned() {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    tensors.put("b", HostTensor.of(new byte[] {'d'}, 1));
    tensors.put("a", HostTensor.of(new byte[] {'b', 'c'}, 2));
    assertThat(Checkpoint.weightsSha256(tensors))
        .isEqualTo("da9008d7bd81614a82e334c5501e977692c9cc88df1288c5d9511d05b39d81d9");
  }

  @Test
  void differencesOfSettingsAreListed() {
    ObjectNode then = JsonNodeFactory.instance.objectNode();
    then.put("lr", 0.1).put("batch", 256).put("out", "a").put("same", 1);
    then.putObject("rule").put("limit", 0.1);
    ObjectNode now = then.deepCopy();
    now.put("lr", 0.2).put("out", "b").put("extra", "x").put("same", 1.0);
    now.putObject("rule").put("limit", 0.2);
    now.remove("batch");
    assertThat(JsonDifferences.list(then, now, Set.of("out")))
        .containsExactly(
            "batch: 256 -> none", "extra: none -> x", "lr: 0.1 -> 0.2", "rule.limit: 0.1 -> 0.2");
    assertThat(JsonDifferences.list(then, then.deepCopy())).isEmpty();
  }

  private static Map<String, HostTensor> tensors() {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    tensors.put("a.weight", HostTensor.of(new float[] {1, 2, 3, 4}, 2, 2));
    tensors.put("a.momentum", HostTensor.of(new float[] {0.5f, 0, -0f, 4}, 2, 2));
    tensors.put("a.num_batches_tracked", HostTensor.scalar(7L));
    return tensors;
  }

  private static CheckpointInfo info() {
    return new CheckpointInfo(
        "0.1.0",
        "search",
        network(16),
        JsonNodeFactory.instance.objectNode().put("lr", 0.1),
        3,
        587,
        Double.NaN,
        83.7,
        Map.of("seed", Long.MIN_VALUE, "step", 587L),
        new CheckpointInfo.Runtime("cpu", "v4", 2, Map.of("conv 3x3", "brgconv")));
  }

  private static ObjectNode network(int depth) {
    ObjectNode network = JsonNodeFactory.instance.objectNode();
    network.put("arch", "vgg").put("depth", depth);
    network.putArray("cfg").add(64).add("M");
    return network;
  }
}
