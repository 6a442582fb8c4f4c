package io.earlybird.checkpoint.pth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OriginalFilesTest {
  private static final Cfg CFG = Cfg.of(2, "M", 3, "M", 3, "M", 4, "M", 5);
  private static final NetworkSpec VGG = NetworkSpec.of("vgg", CFG, 10);

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("a.pth.tar");
  }

  @Test
  void initialWeights() {
    Map<String, HostTensor> state = Network.of(VGG).initialState(1);
    OriginalFiles.writeInit(file, state);
    OriginalCheckpoint read = OriginalCheckpoint.read(file);
    assertThat(read.state()).containsExactlyEntriesOf(state);
    assertThat(read.rawState().get("feature.1.num_batches_tracked").shape().rank()).isZero();
    assertThat(read.network()).contains(VGG);
    assertThat(read.epoch()).isEmpty();
    assertThat(read.best()).isEmpty();
    assertThat(read.cfg()).isEmpty();
    assertThat(read.learningRate()).isEmpty();
    assertThat(read.momenta()).isEmpty();
    assertThat(read.isLowPrecision()).isFalse();
  }

  @Test
  void aCheckpointWithMomenta() {
    NetworkSpec spec = NetworkSpec.of("resnet", 11, 100);
    Network network = Network.of(spec);
    Map<String, HostTensor> state = network.initialState(2);
    Map<String, HostTensor> momenta = new LinkedHashMap<>();
    network.parameters().forEach(p -> momenta.put(p.name(), state.get(p.name())));
    OriginalFiles.SgdState sgd = new OriginalFiles.SgdState(momenta, 0.01, 0.9, 1e-4);
    OriginalFiles.writeCheckpoint(file, 34, state, 70.5, sgd);
    OriginalCheckpoint read = OriginalCheckpoint.read(file);
    assertThat(read.state()).containsExactlyEntriesOf(state);
    assertThat(read.momenta()).containsExactlyEntriesOf(momenta);
    assertThat(read.momenta()).doesNotContainKey("select.indexes");
    assertThat(read.network()).contains(spec);
    assertThat(read.epoch()).hasValue(34);
    assertThat(read.best()).hasValue(70.5);
    assertThat(read.learningRate()).hasValue(0.01);

    OriginalFiles.writeSwa(file, 300_000, state, 71, sgd);
    OriginalCheckpoint swa = OriginalCheckpoint.read(file);
    assertThat(swa.epoch()).hasValue(300_000);
    assertThat(swa.best()).hasValue(71);
  }

  @Test
  void aPrunedNetwork() {
    Map<String, HostTensor> state = Network.of(VGG).initialState(1);
    OriginalFiles.writePruned(file, CFG, state);
    OriginalCheckpoint read = OriginalCheckpoint.read(file);
    assertThat(read.cfg()).contains(CFG);
    assertThat(read.state()).containsExactlyEntriesOf(state);

    OriginalFiles.writePruned(file, Cfg.of(2, "M", 3, "M", 4, "M", 4, "M", 5), state);
    assertThatThrownBy(() -> OriginalCheckpoint.read(file))
        .isInstanceOf(EarlybirdException.class)
        .hasMessage(
            file
                + ": cfg: expected the tensors' widths [2, 'M', 3, 'M', 3, 'M', 4, 'M', 5],"
                + " found [2, 'M', 3, 'M', 4, 'M', 4, 'M', 5]");
  }

  @Test
  void allOfOurTypesAndSharedTensors() {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    for (DType type : DType.values()) {
      TensorSpec spec = TensorSpec.of(type, 2, 0, 3);
      tensors.put("empty " + type, HostTensor.zeros(spec));
      double[] values = {0, 1, 2, 3, 4, 5};
      tensors.put("full " + type, HostTensor.ofDoubles(TensorSpec.of(type, 2, 3), values));
    }
    tensors.put("again", tensors.get("full F32"));
    OriginalFiles.writeInit(file, tensors);
    PthFile read = PthFile.read(file);
    assertThat(OriginalCheckpoint.of(read).state()).containsExactlyEntriesOf(tensors);
  }

  @Test
  void storagesAreAlignedAndTheSameStateGivesTheSameBytes() throws IOException {
    Map<String, HostTensor> state = Network.of(VGG).initialState(1);
    OriginalFiles.writeInit(file, state);
    try (FileChannel channel = FileChannel.open(file)) {
      ZipArchive archive = ZipArchive.open(new FileBytes("f", channel));
      assertThat(archive.entries()).containsKeys("archive/data.pkl", "archive/version");
      for (ZipArchive.Entry entry : archive.entries().values()) {
        assertThat(archive.dataAt(entry) % 64).as(entry.name()).isZero();
      }
    }
    byte[] first = Files.readAllBytes(file);
    OriginalFiles.writeInit(file, state);
    assertThat(Files.readAllBytes(file)).isEqualTo(first);
  }

  @Test
  void aStateThatDoesNotFitNamesEverything() {
    Map<String, HostTensor> state = new LinkedHashMap<>(Network.of(VGG).initialState(1));
    state.remove("classifier.bias");
    state.put("classifier.extra", HostTensor.scalar(1f));
    state.put("feature.0.weight", HostTensor.of(new float[12], 2, 3, 2, 1));
    OriginalFiles.writeInit(file, state);
    OriginalCheckpoint read = OriginalCheckpoint.read(file);
    assertThatThrownBy(() -> read.stateFor(Network.of(VGG)))
        .isInstanceOf(EarlybirdException.class)
        .hasMessage(
            file
                + ": does not fit "
                + VGG
                + "; other shapes: feature.0.weight expected [2,3,3,3] found [2,3,2,1]"
                + "; missing: classifier.bias; unexpected: classifier.extra");
  }

  @Test
  void otherFloatingTypesAndOldFilesWithoutCounters() {
    Network network = Network.of(VGG);
    Map<String, HostTensor> state = network.initialState(1);
    Map<String, HostTensor> old = new LinkedHashMap<>();
    state.forEach(
        (name, tensor) -> {
          if (!name.endsWith("num_batches_tracked")) {
            TensorSpec spec = new TensorSpec(tensor.shape(), DType.F64);
            old.put(name, HostTensor.ofDoubles(spec, tensor.doubles()));
          }
        });
    OriginalFiles.writeInit(file, old);
    assertThat(OriginalCheckpoint.read(file).stateFor(network)).containsExactlyEntriesOf(state);
  }

  @Test
  void keysOfLowPrecisionAndOfSeveralDevices() {
    Map<String, HostTensor> plain = Network.of(NetworkSpec.of("resnet", 11, 10)).initialState(1);
    Map<String, HostTensor> raw = new LinkedHashMap<>();
    plain.forEach(
        (name, tensor) ->
            raw.put(
                "module."
                    + (tensor.shape().rank() == 4 ? name.replace(".weight", ".0.weight") : name),
                tensor));
    OriginalFiles.writeInit(file, raw);
    OriginalCheckpoint read = OriginalCheckpoint.read(file);
    assertThat(read.isLowPrecision()).isTrue();
    assertThat(read.rawState()).containsKey("module.layer1.0.downsample.0.0.weight");
    assertThat(read.state()).containsExactlyEntriesOf(plain);
  }

  @ParameterizedTest
  @CsvSource({"vgg,11", "resnet,11"})
  void writesTheKeysOfLowPrecision(String arch, int depth) {
    Network network = Network.of(NetworkSpec.of(arch, depth, 10));
    Map<String, HostTensor> plain = network.initialState(1);
    Map<String, HostTensor> momenta = new LinkedHashMap<>();
    network.parameters().forEach(p -> momenta.put(p.name(), plain.get(p.name())));
    OriginalFiles.SgdState sgd =
        new OriginalFiles.SgdState(OriginalFiles.quantized(momenta), 0.1, 0.9, 0);
    OriginalFiles.writeCheckpoint(file, 1, OriginalFiles.quantized(plain), 50, sgd);
    OriginalCheckpoint read = OriginalCheckpoint.read(file);
    assertThat(read.isLowPrecision()).isTrue();
    assertThat(read.rawState())
        .containsKey(arch.equals("vgg") ? "feature.0.0.weight" : "layer2.0.downsample.0.0.weight");
    assertThat(read.state()).containsExactlyEntriesOf(plain);
    assertThat(read.momenta()).isEqualTo(momenta);
  }

  @Test
  void whatIsNoCheckpoint() {
    PthWriter.write(file, Map.of("epoch", 3));
    refused("expected tensors by name, not int by 'epoch'");
    PthWriter.write(file, Map.of("state_dict", List.of()));
    refused("state_dict: expected a dict of tensors");
    PthWriter.write(file, List.of(1));
    refused("expected a dict, found a list");
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("state_dict", Map.of("a", HostTensor.scalar(1f)));
    root.put("cfg", List.of(4, "N"));
    PthWriter.write(file, root);
    refused("cfg: expected positive widths and 'M', not 'N'");
    root.remove("cfg");
    PthWriter.write(file, root);
    assertThat(OriginalCheckpoint.read(file).network()).isEmpty();
    assertThatThrownBy(() -> OriginalCheckpoint.read(file).requireNetwork())
        .hasMessageContaining("no known network");
  }

  private void refused(String reason) {
    assertThatThrownBy(() -> OriginalCheckpoint.read(file))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource({"0.3,34,EB-30-35.pth.tar", "0.7,7,EB-70-8.pth.tar", "0.05,0,EB-5-1.pth.tar"})
  void namesOfTickets(double ratio, int epoch, String name) {
    assertThat(OriginalFiles.ticket(ratio, epoch)).isEqualTo(name);
  }
}
