package io.earlybird.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.nn.ChannelSelection;
import io.earlybird.nn.ForwardPass;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.Channels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NetworkTest {
  private static final NetworkSpec SMALL =
      NetworkSpec.of("vgg", Cfg.parse("4,M,6,M,5,5,M,4,4,M,3,3"), 10);

  @Test
  void stateSurvivesWritingAndReading() {
    Network network = Network.of(NetworkSpec.of("resnet", 11, 10));
    Map<String, HostTensor> state = network.initialState(1);
    Map<Variable, HostTensor> region = new HashMap<>();
    network.writeState(state, region::put);
    assertThat(network.readState(region::get)).isEqualTo(state);
    assertThat(region.get(network.batchNormMomentum())).isEqualTo(HostTensor.scalar(0.1f));
  }

  @Test
  void initialValuesDependOnSeedAndNameAlone() {
    Map<String, HostTensor> once = Network.of(SMALL).initialState(5);
    assertThat(Network.of(SMALL).initialState(5)).isEqualTo(once);
    assertThat(Network.of(SMALL).initialState(6).get("feature.0.weight"))
        .isNotEqualTo(once.get("feature.0.weight"));
    Network moreClasses = Network.of(NetworkSpec.of("vgg", SMALL.cfg(), 100));
    assertThat(moreClasses.initialState(5).get("feature.4.weight"))
        .isEqualTo(once.get("feature.4.weight"));
  }

  @Test
  void refusesTheStateOfAnotherNetwork() {
    Network network = Network.of(SMALL);
    Map<String, HostTensor> good = network.initialState(1);

    Map<String, HostTensor> missing = new LinkedHashMap<>(good);
    missing.remove("classifier.bias");
    refuses(network, missing, "classifier.bias is missing in the state of vgg11");
    Map<String, HostTensor> unknown = new LinkedHashMap<>(good);
    unknown.put("other", HostTensor.scalar(1f));
    refuses(network, unknown, "other is no part of vgg11");
    Map<String, HostTensor> wrong = new LinkedHashMap<>(good);
    wrong.put("feature.1.bias", HostTensor.scalar(1f));
    refuses(network, wrong, "feature.1.bias: expected f32[4] for vgg11");
  }

  private static void refuses(Network network, Map<String, HostTensor> state, String message) {
    List<Variable> written = new ArrayList<>();
    assertThatThrownBy(() -> network.writeState(state, (v, value) -> written.add(v)))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith(message);
    assertThat(written).isEmpty();
  }

  @Test
  void aNarrowResNetWantsToKnowItsChannels() {
    Cfg cfg = Cfg.parse("16,16,16,64,32,32,128,64,64,2");
    NetworkSpec spec = NetworkSpec.of("resnet", cfg, 10);
    assertThatThrownBy(() -> Network.of(spec))
        .isInstanceOf(EarlybirdException.class)
        .hasMessage("select: cfg wants 2 of 256 channels, and nothing says which");

    float[] indexes = new float[256];
    indexes[3] = 1;
    assertThatThrownBy(
            () -> Network.of(spec, Map.of("select.indexes", HostTensor.of(indexes, 256))))
        .isInstanceOf(EarlybirdException.class)
        .hasMessage("select: cfg wants 2 of 256 channels, but the vector of indexes keeps 1");
    indexes[255] = 1;
    Map<String, HostTensor> given = Map.of("select.indexes", HostTensor.of(indexes, 256));
    Network network = Network.of(spec, given);
    assertThat(network.selections().get(3).kept().toArray()).containsExactly(3, 255);
    assertThat(network.state().stream().filter(e -> e.name().equals("select.indexes"))).hasSize(1);
    assertThat(network.initialState(1))
        .containsEntry("select.indexes", given.get("select.indexes"));

    indexes[1] = 0.5f;
    assertThatThrownBy(
            () -> Network.of(spec, Map.of("select.indexes", HostTensor.of(indexes, 256))))
        .isInstanceOf(EarlybirdException.class)
        .hasMessage("select.indexes: expected zeros and ones, found 0.5");
  }

  @Test
  void onlyTrainingMovesStatistics() {
    Network network = Network.of(SMALL);
    Tensor x = Tensor.placeholder("x", network.inputSpec(2));
    ForwardPass evaluation = ForwardPass.evaluation();
    network.forward(x, evaluation);
    assertThat(evaluation.assigns()).isEmpty();

    ForwardPass training = ForwardPass.training();
    network.forward(x, training);
    assertThat(training.assigns()).hasSize(3 * network.batchNorms().size());
  }

  @Test
  void batchNormWantsMoreThanOneValue() {
    Network network = Network.of(SMALL);
    Tensor x = Tensor.placeholder("x", network.inputSpec(1));
    // Even the last stage has 2x2 values per channel and picture.
    network.forward(x, ForwardPass.training());
    assertThatThrownBy(
            () ->
                network
                    .batchNorms()
                    .get(0)
                    .forward(
                        Tensor.placeholder("y", TensorSpec.f32(1, 1, 1, 4)),
                        ForwardPass.training()))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("feature.1 cannot train on one value per channel");
  }

  @Test
  void aListOfWidthsAloneKeepsChannelsThatLieEvenlyApart() {
    Cfg cfg = Cfg.parse("5,16,16,64,32,32,43,64,64,256");
    NetworkSpec spec = NetworkSpec.of("resnet", 11, 10).withCfg(cfg);
    assertThatThrownBy(() -> Network.of(spec)).hasMessageContaining("5 of 16 channels");
    List<ChannelSelection> selections =
        Network.ofWidths(spec).layers().stream()
            .filter(ChannelSelection.class::isInstance)
            .map(ChannelSelection.class::cast)
            .toList();
    assertThat(selections.get(0).kept()).isEqualTo(Channels.of(0, 3, 6, 9, 12));
    assertThat(selections).extracting(s -> s.kept().count()).containsExactly(5, 64, 43, 256);
  }
}
