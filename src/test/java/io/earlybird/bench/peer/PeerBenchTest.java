package io.earlybird.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.bench.peer.PeerBench.Comparison;
import io.earlybird.bench.peer.PeerBench.Side;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.optim.Sgd;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerBenchTest {
  private static final Sgd.Settings SGD = new Sgd.Settings(0.9f, 1e-4f, 1e-4f);
  @TempDir Path temp;

  @Test
  void theDescriptionHasEveryTensorAndOperationInOrder() throws Exception {
    Network network = Network.of(NetworkSpec.of("vgg", Cfg.parse("4,M,6,M,8,M,8,M,8"), 10));
    Map<String, HostTensor> state = network.initialState(1);
    HostTensor x = HostTensor.zeros(TensorSpec.f32(2, 32, 32, 3));
    x.buffer().putFloat(4 * 2, 5f); // channel 2 of the first pixel
    HostTensor labels = HostTensor.of(new int[] {3, 7}, 2);
    NetworkDescription.write(temp, network, state, SGD, 0.01, x, labels);
    List<String> lines = Files.readAllLines(temp.resolve("network.txt"));
    assertThat(lines)
        .contains(
            "option lr 0.01",
            "tensor feature.0.weight parameter 4 3 3 3",
            "tensor feature.1.weight scale 4",
            "tensor feature.1.running_mean statistic 4",
            "input 2 3 32 32",
            "conv2d 0 feature.0.weight 1 1",
            "batch_norm 1 feature.1 1.0E-5",
            "relu 2",
            "max_pool 3 2 2 0");
    assertThat(lines.get(lines.size() - 1)).startsWith("linear ").endsWith(" classifier");
    ByteBuffer input =
        ByteBuffer.wrap(Files.readAllBytes(temp.resolve("input.bin")))
            .order(ByteOrder.LITTLE_ENDIAN);
    assertThat(input.capacity()).isEqualTo(4 * 2 * 3 * 1024 + 2 * 8);
    assertThat(input.getFloat(4 * 2 * 1024)).isEqualTo(5f);
    assertThat(input.getLong(4 * 2 * 3 * 1024 + 8)).isEqualTo(7);
    var back = NetworkDescription.readValues(temp.resolve("tensors.bin"), network);
    for (Variable v : NetworkDescription.tensors(network)) {
      assertThat(back.get(v)).isEqualTo(state.get(v.name()).floats());
    }
  }

  @Test
  void aResidualNetworkIsDescribedToo() throws Exception {
    Network network = Network.of(NetworkSpec.of("resnet", 11, 10));
    HostTensor x = HostTensor.zeros(TensorSpec.f32(1, 32, 32, 3));
    HostTensor labels = HostTensor.zeros(TensorSpec.of(DType.I32, 1));
    NetworkDescription.write(temp, network, network.initialState(1), SGD, 0.01, x, labels);
    List<String> lines = Files.readAllLines(temp.resolve("network.txt"));
    assertThat(lines.stream().filter(l -> l.startsWith("add "))).hasSize(3);
    int operations = (int) lines.stream().filter(l -> l.matches("[a-z_]+2?d? [0-9].*")).count();
    for (String line : lines) {
      if (line.startsWith("add ")) {
        String[] words = line.split(" ");
        assertThat(Integer.parseInt(words[1])).isBetween(1, operations);
        assertThat(Integer.parseInt(words[2])).isBetween(1, operations);
      }
    }
  }

  @Test
  void ourSideTrainsAndTwoOfItAgree() {
    Network network = Network.of(NetworkSpec.of("vgg", Cfg.parse("4,M,6,M,8,M,8,M,8"), 10));
    Map<String, HostTensor> state = network.initialState(1);
    HostTensor x = HostTensor.of(noise(2 * 32 * 32 * 3), 2, 32, 32, 3);
    HostTensor labels = HostTensor.of(new int[] {3, 7}, 2);
    try (ReferenceBackend backend = new ReferenceBackend(DType.F32);
        OwnStep a = new OwnStep(backend, network, state, SGD, 0.01f, x, labels);
        OwnStep b = new OwnStep(backend, network, state, SGD, 0.02f, x, labels)) {
      Map<Variable, float[]> before = a.values();
      assertThat(a.run(false, 2)).hasSize(2);
      assertThat(a.run(true, 1)[0]).isPositive();
      b.run(false, 2);
      Map<Variable, float[]> once = b.values();
      b.start(state, x);
      b.run(false, 2);
      assertThat(PeerBench.check(before, once, b.values(), "again", 0)).isZero();
      assertThat(PeerBench.check(before, a.values(), a.values(), "itself", 0)).isZero();
      assertThatThrownBy(
              () -> PeerBench.check(before, a.values(), b.values(), "twice the rate", 0.25))
          .isInstanceOf(EarlybirdException.class)
          .hasMessageContaining("twice the rate")
          .hasMessageContaining("do not compute the same");
    }
  }

  private static float[] noise(int n) {
    float[] values = new float[n];
    io.earlybird.random.Philox.fillNormal(1, 0, 2, 0, 1, values);
    return values;
  }

  @Test
  void ratiosAreAgainstTheFasterLayout() {
    Comparison c =
        new Comparison(
            "train",
            1,
            List.of(
                new Side("earlybird", new double[] {12, 10, 11}),
                new Side("libtorch contiguous", new double[] {30, 31, 15}),
                new Side("libtorch channels_last", new double[] {22, 22, 23})));
    assertThat(c.fastestPeer().who()).isEqualTo("libtorch channels_last");
    assertThat(c.ratio()).isEqualTo(2);
    assertThat(c.ratioOfMinima()).isEqualTo(1.5);
  }

  @Test
  void aMissingModuleIsSaidInOneLine() {
    assertThatThrownBy(() -> PeerBuild.classPath(temp))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("--peer-dir");
  }
}
