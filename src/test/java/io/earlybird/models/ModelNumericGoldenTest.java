package io.earlybird.models;

import static io.earlybird.golden.Closeness.assertClose;
import static io.earlybird.golden.Closeness.doubles;
import static io.earlybird.golden.Closeness.largest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.autograd.Gradients;
import io.earlybird.backend.Backend;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.golden.Closeness;
import io.earlybird.golden.GeneratedState;
import io.earlybird.golden.Generator;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import io.earlybird.golden.GoldenTensor;
import io.earlybird.nn.ForwardPass;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Logits, loss, gradients and running statistics against the original's, on every backend. */
class ModelNumericGoldenTest {
  /**
   * Tolerance for gradients of large networks, relative to a gradient's largest magnitude. Among
   * their millions of values some lie so close to a kink (ReLU, max pooling) that rounding decides
   * the side, which moves all gradients below it by a jump; it differs between kernels.
   */
  private static final double KINKS = 5e-3;

  /** See OwnConvolution. */
  private static final String WINOGRAD = "earlybird.winograd";

  /** How far from a kink to look for values that crossed it, see {@link Kinks}; nearest first. */
  private static final double[] ROUNDING = {1e-6, 4e-6};

  @TestFactory
  Stream<DynamicTest> vgg() {
    return GoldenRegistry.tests(getClass(), "models/vgg/numeric", this::check);
  }

  @TestFactory
  Stream<DynamicTest> preResNet() {
    return GoldenRegistry.tests(getClass(), "models/preresnet/numeric", this::check);
  }

  @TestFactory
  Stream<DynamicTest> resNet18() {
    return GoldenRegistry.tests(getClass(), "models/resnet18/numeric", this::checkLarge);
  }

  @TestFactory
  Stream<DynamicTest> resNet50() {
    return GoldenRegistry.tests(getClass(), "models/resnet50/numeric", this::checkLarge);
  }

  /**
   * Pictures of 224 pixels a side take the reference a minute: it computes them where it is asked
   * for, and then in double. So jumps cannot be told apart, and kernels that round more than the
   * definition's sums, of whose jumps there are more, stay out.
   */
  private void checkLarge(GoldenCase c) {
    Map<String, HostTensor> state = state(c);
    StandardNetwork network = Network.of(GoldenNetworks.spec(c.meta()), state);
    boolean reference = System.getProperty("earlybird.reference", "off").equals("on");
    String winograd = System.setProperty(WINOGRAD, "off");
    try (Backend backend = reference ? new ReferenceBackend(DType.F64) : TestBackends.fastest()) {
      check(c, network, state, backend, reference ? Closeness.RELATIVE : KINKS);
    } finally {
      if (winograd == null) {
        System.clearProperty(WINOGRAD);
      } else {
        System.setProperty(WINOGRAD, winograd);
      }
    }
  }

  private void check(GoldenCase c) {
    Map<String, HostTensor> state = state(c);
    StandardNetwork network = Network.of(GoldenNetworks.spec(c.meta()), state);
    TestBackends.each(backend -> check(c, network, state, backend, Closeness.RELATIVE));
  }

  /** The state by the generator, with the recorded selections. */
  static Map<String, HostTensor> state(GoldenCase c) {
    Map<String, int[]> shapes = GeneratedState.shapes(c.meta().required("state_checks"), "");
    Map<String, GoldenTensor> state = GeneratedState.fill(c.seed(), shapes);
    c.meta()
        .required("selection_kept")
        .properties()
        .forEach(
            e ->
                state.put(
                    e.getKey(),
                    GeneratedState.selection(e.getKey(), shapes.get(e.getKey())[0], e.getValue())));
    return GoldenNetworks.state(state);
  }

  private void check(
      GoldenCase c,
      StandardNetwork network,
      Map<String, HostTensor> state,
      Backend backend,
      double tolerance) {
    int[] shape = shape(c.meta().required("input_shape"));
    Tensor x = Tensor.placeholder("x", network.inputSpec(shape[0]));
    Tensor labels = Tensor.placeholder("labels", TensorSpec.of(DType.I32, shape[0]));
    HostTensor pictures = GoldenNetworks.pictures(Generator.input(c.seed(), shape));
    int[] classes = Generator.labels(c.seed(), shape[0], network.spec().classes());

    Tensor evaluated = network.forward(x, ForwardPass.evaluation());
    Tensor evaluatedLoss = evaluated.softmaxCrossEntropy(labels).output(0);
    ForwardPass pass = ForwardPass.training();
    Tensor logits = network.forward(x, pass);
    Node loss = logits.softmaxCrossEntropy(labels);
    List<Variable> parameters = network.parameters();
    Gradients gradients =
        Gradients.of(loss.output(0), parameters.stream().map(Variable::read).toList());
    List<Tensor> outputs = new ArrayList<>(List.of(logits, loss.output(0)));
    parameters.forEach(p -> outputs.add(gradients.of(p.read())));

    try (Session session = new Session(backend)) {
      Plan evaluation = session.plan(List.of(evaluated, evaluatedLoss), List.of());
      network.writeState(state, session::write);
      evaluation.write(x, pictures);
      evaluation.write(labels, HostTensor.of(classes, shape[0]));
      evaluation.run();
      logits(c, "eval", evaluation.read(evaluated));
      loss(c, "eval_loss", evaluation.read(evaluatedLoss));
      assertThat(network.readState(session::read)).as("after evaluation").isEqualTo(state);

      if (!c.has("train_logits.npy")) {
        return;
      }
      Plan training = session.plan(outputs, pass.assigns());
      training.write(x, pictures);
      training.write(labels, HostTensor.of(classes, shape[0]));
      training.run();
      logits(c, "train", training.read(logits));
      loss(c, "train_loss", training.read(loss.output(0)));
      Map<String, HostTensor> grads = new HashMap<>();
      parameters.forEach(p -> grads.put(p.name(), training.read(gradients.of(p.read()))));
      gradients(
          c,
          grads,
          tolerance,
          rounding ->
              new Kinks(network, state, pictures, HostTensor.of(classes, shape[0]), rounding));
      runningStatistics(c, network.readState(session::read));
    }
  }

  private static int[] shape(JsonNode list) {
    int[] shape = new int[list.size()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = list.get(i).asInt();
    }
    return shape;
  }

  private static void logits(GoldenCase c, String mode, HostTensor actual) {
    assertClose(mode + " logits", actual.doubles(), doubles(c.floats(mode + "_logits.npy")));
    String f64 = mode + "_logits_f64.npy";
    assertClose(mode + " logits in f64", actual.doubles(), c.npy(f64).doubles());
  }

  private static void loss(GoldenCase c, String key, HostTensor actual) {
    double expected = c.meta().required(key).asDouble();
    assertThat(actual.get(0)).as(key).isCloseTo(expected, within(Closeness.RELATIVE * expected));
  }

  /** Beyond the tolerance only by the jumps of values that rounding carried over kinks. */
  static void gradients(
      GoldenCase c, Map<String, HostTensor> actual, double tolerance, DoubleFunction<Kinks> kinks) {
    Map<String, double[]> gradients = new HashMap<>();
    actual.forEach((name, g) -> gradients.put(name, g.doubles()));
    try {
      gradients(c, gradients, tolerance);
    } catch (AssertionError e) {
      if (tolerance >= KINKS) {
        throw e;
      }
      Map<String, double[]> difference = new HashMap<>();
      c.bundle("grads")
          .tensors()
          .forEach(
              (name, g) -> difference.put(name, less(gradients.get(name), doubles(g.floats()))));
      for (double rounding : ROUNDING) {
        Map<String, double[]> jumps = kinks.apply(rounding).explain(difference);
        Map<String, double[]> explained = new HashMap<>(gradients);
        explained.replaceAll((name, g) -> less(g, jumps.get(name)));
        try {
          gradients(c, explained, tolerance);
          return;
        } catch (AssertionError stillOff) {
          e.addSuppressed(stillOff);
        }
      }
      throw e;
    }
  }

  private static double[] less(double[] a, double[] b) {
    double[] out = a.clone();
    for (int i = 0; i < out.length; i++) {
      out[i] -= b[i];
    }
    return out;
  }

  private static void gradients(GoldenCase c, Map<String, double[]> actual, double tolerance) {
    Map<String, GoldenTensor> expected = c.bundle("grads").tensors();
    double largest = actual.values().stream().mapToDouble(Closeness::largest).max().orElseThrow();
    expected.forEach(
        (name, g) ->
            assertClose(
                "gradient of " + name,
                actual.get(name),
                doubles(g.floats()),
                1e-6 * largest + (tolerance - Closeness.RELATIVE) * largest(doubles(g.floats()))));
    JsonNode norms = c.meta().required("grad_norms");
    assertThat(actual.keySet()).hasSize(norms.size());
    actual.forEach(
        (name, g) -> {
          double norm = 0;
          for (double v : g) {
            norm += v * v;
          }
          norm = Math.sqrt(norm);
          double wanted = norms.required(name).asDouble();
          assertThat(norm)
              .as("norm of the gradient of " + name)
              .isCloseTo(wanted, within(tolerance * wanted + 1e-6 * largest));
        });
  }

  private static void runningStatistics(GoldenCase c, Map<String, HostTensor> state) {
    Map<String, GoldenTensor> expected = c.bundle("running_stats_after_train").tensors();
    assertThat(expected).isNotEmpty();
    expected.forEach(
        (name, t) ->
            assertClose(name, state.get(name).doubles(), GoldenNetworks.host(t).doubles()));
  }
}
