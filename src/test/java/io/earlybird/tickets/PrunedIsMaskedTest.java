package io.earlybird.tickets;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.autograd.Gradients;
import io.earlybird.backend.Backend;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.models.TestBackends;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ForwardPass;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Of every family: the pruned network computes what the masked one does, in evaluation and in
 * training, the gradients of what survives included.
 */
class PrunedIsMaskedTest {
  /**
   * Pictures of the larger networks: four of this size leave their last batch norms 16 values. Of
   * two values, which it always makes plus and minus one, batch norm would leave rounding noise for
   * gradients.
   */
  private static final int SIZE = 64;

  private static final int BATCH = 4;

  private static final double[] RATIOS = {0.3, 0.5, 0.7, 0.9};

  /** How many are tried until none of a network's values lies on a kink. */
  private static final int SEEDS = 3;

  /** One for all tests, so that it measures each kernel once. */
  private static Backend processor;

  @BeforeAll
  static void open() {
    processor = TestBackends.fastest();
  }

  @AfterAll
  static void close() {
    processor.close();
  }

  /** Logits and, by parameter, gradients. */
  private record Outcome(
      double[] evaluation, double[] training, Map<String, HostTensor> gradients) {}

  /** How far one outcome is from another, relative to the largest magnitudes. */
  private record Difference(double forward, double gradients) {
    double worst() {
      return Math.max(forward, gradients);
    }
  }

  static List<Arguments> networksAndRatios() {
    List<Arguments> all = new ArrayList<>();
    for (String name : List.of("vgg", "preresnet", "resnet18", "resnet34", "resnet50")) {
      for (double ratio : RATIOS) {
        all.add(Arguments.of(name, ratio));
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("networksAndRatios")
  void inTheReference(String name, double ratio) {
    new Case(name, ratio, 1).checkInTheReference();
  }

  @ParameterizedTest
  @MethodSource("networksAndRatios")
  void onTheProcessor(String name, double ratio) {
    checkOnTheProcessor(name, ratio);
  }

  /**
   * Gradients may jump, where a value next to a ReLU's kink falls on its other side, or be made of
   * rounding, where batch norm divides by next to nothing: so that fp32 itself is as far from the
   * exact ones. That is measured of each network by itself; another seed is taken then.
   */
  private static void checkOnTheProcessor(String name, double ratio, String... dead) {
    for (int seed = 1; seed <= SEEDS; seed++) {
      Case c = new Case(name, ratio, seed, dead);
      Difference difference = c.difference(processor);
      assertThat(difference.forward()).as("logits").isLessThan(1e-4);
      if (difference.gradients() < 1e-4) {
        return;
      }
      assertThat(difference.gradients())
          .as("gradients, compared with what both are from exact ones")
          .isLessThan(1.1 * c.roundingOfGradients(processor));
    }
    throw new AssertionError("gradients could not be compared with any of " + SEEDS + " seeds");
  }

  @ParameterizedTest
  @CsvSource({
    "vgg,feature.5",
    "preresnet,layer2.0.bn2 layer3.0.bn1",
    "preresnet,bn",
    "resnet18,layer1.0.bn1 layer2.0.bn2 layer4.0.downsample.1",
    "resnet18,bn1",
    "resnet18,bn1 layer1.0.bn2 layer1.1.bn2",
    "resnet18,bn1 layer1.1.bn2 layer2.0.bn2 layer2.0.downsample.1 layer2.1.bn2",
    "resnet34,layer3.0.bn2 layer3.0.downsample.1 layer3.4.bn1",
    "resnet50,bn1 layer1.0.bn3 layer1.1.bn1 layer2.0.downsample.1",
    "resnet50,layer4.0.bn3 layer4.0.downsample.1 layer4.1.bn3 layer4.2.bn3"
  })
  void withLayersWithoutSurvivors(String name, String dead) {
    for (double ratio : new double[] {0.5, 0.7, 0.9}) {
      new Case(name, ratio, 1, dead.split(" ")).checkInTheReference();
    }
    checkOnTheProcessor(name, 0.5, dead.split(" "));
  }

  /** A network with random weights and its pruned one. */
  private static final class Case {
    final Network network;
    final Pruner pruner;
    final Map<String, HostTensor> masked;
    final PruneResult pruned;
    final HostTensor pictures;

    Case(String name, double ratio, long seed, String... dead) {
      NetworkSpec spec = SmallNetworks.spec(name);
      network = Network.of(spec.takesAnySize() ? spec.withInputSize(SIZE) : spec);
      Map<String, HostTensor> state = RandomState.of(network, seed);
      for (String norm : dead) {
        RandomState.kill(state, seed, norm);
      }
      ChannelMask mask = ChannelMask.of(network.scales(state), ratio);
      List<String> norms = network.batchNorms().stream().map(BatchNorm2d::name).toList();
      for (String norm : dead) {
        assertThat(mask.keptInLayer(norms.indexOf(norm))).as(norm).isEmpty();
      }
      pruner = new Pruner(network, state, mask);
      masked = pruner.masked(state);
      pruned = pruner.cut(masked);
      pictures = RandomState.uniform(seed, "x", -2, 2, network.inputSpec(BATCH).shape().dims());
      assertThat(pruned.kept().kept()).isGreaterThanOrEqualTo(mask.kept());
      assertThat(pruned.messages()).hasSizeGreaterThanOrEqualTo(dead.length == 0 ? 0 : 1);
    }

    /** In fp32 and, but for the rounding of the outcome, exactly. */
    void checkInTheReference() {
      try (Backend backend = new ReferenceBackend(DType.F32);
          Backend exact = new ReferenceBackend(DType.F64)) {
        assertThat(difference(backend).worst()).isLessThan(1e-5);
        assertThat(difference(exact).worst()).isLessThan(1e-6);
      }
    }

    Difference difference(Backend backend) {
      Outcome narrow = narrow(backend);
      assertThat(largest(narrow.training())).as("the network says something").isPositive();
      return between(narrow, whole(backend));
    }

    /** How far each network's gradients are from its exact ones, added. */
    double roundingOfGradients(Backend backend) {
      try (Backend exact = new ReferenceBackend(DType.F64)) {
        return between(whole(backend), whole(exact)).gradients()
            + between(narrow(backend), narrow(exact)).gradients();
      }
    }

    private Outcome narrow(Backend backend) {
      return run(backend, pruned.network(), pruned.state(), pictures);
    }

    /** The masked network's; the survivors' gradients are cut out of it like the weights. */
    private Outcome whole(Backend backend) {
      Outcome whole = run(backend, network, masked, pictures);
      Map<String, HostTensor> asState = new LinkedHashMap<>(masked);
      whole.gradients().forEach((name, g) -> asState.put(name, single(g)));
      Map<String, HostTensor> survivors = pruner.cut(asState).state();
      Map<String, HostTensor> gradients = new LinkedHashMap<>(whole.gradients());
      gradients.replaceAll((name, g) -> survivors.get(name));
      return new Outcome(whole.evaluation(), whole.training(), gradients);
    }

    private static HostTensor single(HostTensor gradient) {
      return HostTensor.ofDoubles(TensorSpec.f32(gradient.shape().dims()), gradient.doubles());
    }
  }

  private static Difference between(Outcome actual, Outcome expected) {
    double forward =
        Math.max(
            relative(actual.evaluation(), expected.evaluation(), 0),
            relative(actual.training(), expected.training(), 0));
    return new Difference(forward, gradientDifference(actual.gradients(), expected.gradients()));
  }

  /** Of all parameters, relative to each one's largest gradient. */
  private static double gradientDifference(
      Map<String, HostTensor> actual, Map<String, HostTensor> expected) {
    double scale =
        actual.keySet().stream()
            .mapToDouble(name -> largest(expected.get(name).doubles()))
            .max()
            .orElseThrow();
    double worst = 0;
    for (Map.Entry<String, HostTensor> g : actual.entrySet()) {
      // What is zero in exact arithmetic is rounding noise of the others' size.
      double floor = 1e-2 * scale;
      double[] values = g.getValue().doubles();
      worst = Math.max(worst, relative(values, expected.get(g.getKey()).doubles(), floor));
    }
    return worst;
  }

  private static Outcome run(
      Backend backend, Network network, Map<String, HostTensor> state, HostTensor pictures) {
    Tensor x = Tensor.placeholder("x", pictures.spec());
    Tensor labels = Tensor.placeholder("labels", TensorSpec.of(DType.I32, BATCH));
    Tensor evaluated = network.forward(x, ForwardPass.evaluation());
    Tensor trained = network.forward(x, ForwardPass.training());
    Tensor loss = trained.softmaxCrossEntropy(labels).output(0);
    List<Variable> parameters = network.parameters();
    Gradients gradients = Gradients.of(loss, parameters.stream().map(Variable::read).toList());
    List<Tensor> outputs = new ArrayList<>(List.of(evaluated, trained));
    parameters.forEach(p -> outputs.add(gradients.of(p.read())));
    try (Session session = new Session(backend)) {
      Plan plan = session.plan(outputs, List.of());
      network.writeState(state, session::write);
      plan.write(x, pictures);
      plan.write(labels, HostTensor.of(new int[] {2, 5, 0, 6}, BATCH));
      plan.run();
      Map<String, HostTensor> out = new LinkedHashMap<>();
      parameters.forEach(p -> out.put(p.name(), plan.read(gradients.of(p.read()))));
      return new Outcome(plan.read(evaluated).doubles(), plan.read(trained).doubles(), out);
    }
  }

  private static double relative(double[] actual, double[] expected, double floor) {
    assertThat(actual).hasSameSizeAs(expected);
    double worst = 0;
    for (int i = 0; i < actual.length; i++) {
      worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
    }
    return worst / Math.max(floor, Math.max(largest(expected), Double.MIN_NORMAL));
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElse(0);
  }
}
