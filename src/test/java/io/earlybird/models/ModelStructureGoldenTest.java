package io.earlybird.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.golden.GeneratedState;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.StateEntry;
import io.earlybird.tensor.HostTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Names, shapes, counts and initial values of networks against the original's. */
class ModelStructureGoldenTest {
  @TestFactory
  Stream<DynamicTest> vgg() {
    return GoldenRegistry.tests(getClass(), "models/vgg/structure", this::structure);
  }

  @TestFactory
  Stream<DynamicTest> preResNet() {
    return GoldenRegistry.tests(getClass(), "models/preresnet/structure", this::structure);
  }

  @TestFactory
  Stream<DynamicTest> vggInLowPrecision() {
    return GoldenRegistry.tests(getClass(), "models/vgg/structure-lowprecision", this::structure);
  }

  @TestFactory
  Stream<DynamicTest> preResNetInLowPrecision() {
    return GoldenRegistry.tests(
        getClass(), "models/preresnet/structure-lowprecision", this::structure);
  }

  @TestFactory
  Stream<DynamicTest> resNet18() {
    return GoldenRegistry.tests(getClass(), "models/resnet18/structure", this::structure);
  }

  @TestFactory
  Stream<DynamicTest> resNet50() {
    return GoldenRegistry.tests(getClass(), "models/resnet50/structure", this::structure);
  }

  @TestFactory
  Stream<DynamicTest> initialValues() {
    return GoldenRegistry.tests(getClass(), "models/initial-values", this::initialValues);
  }

  private void structure(GoldenCase c) {
    JsonNode meta = c.meta();
    // The recorded cfg of a full VGG is its depth's standard one: it must be so without being told.
    Cfg cfg = GoldenNetworks.cfg(meta.path("cfg"));
    boolean free = meta.path("arch").asText().equals("resnet50_prune");
    StandardNetwork network = Network.of(GoldenNetworks.spec(meta, free ? cfg : null));
    if (cfg != null && !free) {
      assertThat(network.spec().widths()).isEqualTo(cfg);
    }
    Map<String, int[]> recorded = new LinkedHashMap<>();
    GeneratedState.shapes(meta.required("state_dict"), "")
        .forEach((name, shape) -> recorded.put(plain(name, shape.length, c), shape));
    assertThat(network.state().stream().map(StateEntry::name))
        .containsExactlyElementsOf(recorded.keySet());
    for (StateEntry e : network.state()) {
      int[] shape = recorded.get(e.name());
      assertThat(e.spec().shape().dims())
          .as(e.name())
          .isEqualTo(shape.length == 0 ? new int[] {1} : shape);
    }
    // The original's selection vectors are parameters by name, though never trained.
    List<String> trained = new ArrayList<>();
    for (JsonNode name : meta.required("named_parameters")) {
      if (!name.asText().endsWith(".indexes")) {
        int rank = recorded.containsKey(name.asText()) ? 1 : 4;
        trained.add(plain(name.asText(), rank, c));
      }
    }
    assertThat(network.parameters().stream().map(p -> p.name())).containsExactlyElementsOf(trained);
    List<String> norms = new ArrayList<>();
    meta.required("batchnorm2d_names").forEach(n -> norms.add(n.asText()));
    assertThat(network.batchNorms().stream().map(BatchNorm2d::name))
        .containsExactlyElementsOf(norms);
    assertThat(network.batchNorms().stream().mapToInt(BatchNorm2d::channels).sum())
        .isEqualTo(meta.required("batchnorm2d_channels_total").asInt());

    Costs costs = Costs.of(network);
    assertThat(costs.parameters()).isEqualTo(meta.required("parameters").asLong());
    assertThat(costs.trainedParameters())
        .isEqualTo(meta.required("parameters_without_selection").asLong());
    assertThat((double) costs.flops()).isEqualTo(meta.required("flops").asDouble());
  }

  /** Our name: quantizers behind convolutions add a level to the original's. */
  private static String plain(String name, int rank, GoldenCase c) {
    return rank == 4 && c.kind().endsWith("-lowprecision")
        ? name.replaceFirst("\\.0\\.weight$", ".weight")
        : name;
  }

  private void initialValues(GoldenCase c) {
    int compared = 0;
    for (String name : new TreeSet<>(names(c.meta()))) {
      Network network = Network.of(named(name));
      Map<String, HostTensor> state = network.initialState(7);
      for (JsonNode recorded : c.meta().get(name)) {
        compareStatistics(recorded, state.get(recorded.required("name").asText()).doubles());
        compared++;
      }
    }
    assertThat(compared).isPositive();
  }

  /** The network that a name such as {@code preresnet20} or {@code resnet50_official} means. */
  private static NetworkSpec named(String name) {
    String arch = name.replaceFirst("\\d.*", "");
    if (arch.equals("resnet")) {
      return new NetworkSpec(name, 0, null, 1000, 224);
    }
    int depth = Integer.parseInt(name.substring(arch.length()));
    return NetworkSpec.of(arch.equals("vgg") ? "vgg" : "resnet", depth, 10);
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** Two samples of one distribution: means and deviations agree within five standard errors. */
  private static void compareStatistics(JsonNode recorded, double[] ours) {
    String name = recorded.required("name").asText();
    double mean = Arrays.stream(ours).average().orElseThrow();
    double variance = Arrays.stream(ours).map(v -> (v - mean) * (v - mean)).sum();
    double std = Math.sqrt(variance / Math.max(1, ours.length - 1));
    double theirs = recorded.required("std").asDouble();
    if (theirs == 0) {
      assertThat(ours).as(name).containsOnly(recorded.required("mean").asDouble());
      return;
    }
    double error = 5 * Math.sqrt(2) * theirs / Math.sqrt(ours.length);
    assertThat(mean)
        .as(name + " mean")
        .isCloseTo(recorded.required("mean").asDouble(), within(error));
    assertThat(std).as(name + " std").isCloseTo(theirs, within(error));
    double reach = Arrays.stream(ours).map(Math::abs).max().orElseThrow();
    double theirReach =
        Math.max(-recorded.required("min").asDouble(), recorded.required("max").asDouble());
    assertThat(reach / theirReach).as(name + " reach").isBetween(0.5, 2.0);
  }
}
