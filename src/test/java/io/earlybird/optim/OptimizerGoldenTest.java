package io.earlybird.optim;

import static io.earlybird.golden.Closeness.assertClose;
import static io.earlybird.golden.Closeness.doubles;
import static io.earlybird.golden.Closeness.largest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.autograd.Gradients;
import io.earlybird.backend.Backend;
import io.earlybird.checkpoint.Npy;
import io.earlybird.golden.Closeness;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import io.earlybird.golden.GoldenTensor;
import io.earlybird.models.GoldenNetworks;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.models.TestBackends;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ForwardPass;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Training steps of small networks against the original's, on every backend. */
class OptimizerGoldenTest {
  @TestFactory
  Stream<DynamicTest> fp32() {
    return GoldenRegistry.tests(
        getClass(), "optim/fp32", c -> TestBackends.each(b -> new Run(c, b).check()));
  }

  /** One case on one backend. */
  private static final class Run {
    private final GoldenCase recorded;
    private final Backend backend;
    private final Network network;
    private final Sgd sgd;
    private final Tensor x;
    private final Tensor labels;
    private final Tensor logits;
    private final Tensor loss;
    private final Sgd.Step step;
    private final ForwardPass pass = ForwardPass.training();
    private Plan plan;
    private Plan bare;

    Run(GoldenCase recorded, Backend backend) {
      this.recorded = recorded;
      this.backend = backend;
      JsonNode meta = recorded.meta();
      NetworkSpec spec = GoldenNetworks.spec(meta);
      int batch = meta.required("batch").asInt();
      network = Network.of(spec);
      x = Tensor.placeholder("x", network.inputSpec(batch));
      labels = Tensor.placeholder("labels", TensorSpec.of(DType.I32, batch));
      logits = network.forward(x, pass);
      loss = logits.softmaxCrossEntropy(labels).output(0);
      sgd =
          new Sgd(
              network.parameters(),
              network.batchNorms().stream().map(BatchNorm2d::weight).toList(),
              new Sgd.Settings(
                  (float) meta.required("momentum").asDouble(),
                  (float) meta.required("weight_decay").asDouble(),
                  meta.required("sparsity").asBoolean()
                      ? (float) meta.required("s").asDouble()
                      : 0));
      step = sgd.step(loss);
    }

    void check() {
      try (Session session = new Session(backend)) {
        List<Tensor> outputs = new ArrayList<>(List.of(logits, loss));
        outputs.addAll(step.gradients().values());
        step.regularized().values().stream()
            .filter(t -> !outputs.contains(t))
            .forEach(outputs::add);
        List<Assign> assigns = new ArrayList<>(pass.assigns());
        assigns.addAll(step.assigns());
        // Reading intermediate values hinders fusion; the bare plan does not read any.
        plan = session.plan(outputs, assigns);
        bare = session.plan(List.of(logits), assigns);
        run(session, plan);
        run(session, bare);
        intermediate(session);
      }
    }

    private void start(Session session) {
      network.writeState(GoldenNetworks.state(recorded.bundle("init").tensors()), session::write);
      float rate = (float) recorded.meta().required("lr").asDouble();
      session.write(sgd.learningRate(), HostTensor.scalar(rate));
      sgd.momenta().forEach(m -> session.write(m, HostTensor.zeros(m.spec())));
    }

    private void run(Session session, Plan p) {
      start(session);
      for (JsonNode description : recorded.meta().required("steps")) {
        feed(p, description.required("batch").asInt());
        p.run();
        String prefix = "step" + description.required("step").asInt() + ".";
        assertClose(
            prefix + "logits",
            p.read(logits).doubles(),
            doubles(recorded.floats(prefix + "logits.npy")));
        if (p == plan) {
          gradients(prefix, description);
        }
        bundle(prefix + "state", network.readState(session::read)::get);
        Map<String, HostTensor> momenta = new HashMap<>();
        for (Variable parameter : network.parameters()) {
          momenta.put(parameter.name(), session.read(sgd.momentumOf(parameter)));
        }
        bundle(prefix + "momentum", momenta::get);
      }
    }

    private void feed(Plan p, int batch) {
      Npy pictures = recorded.npy("x" + batch + ".npy");
      p.write(
          x, GoldenNetworks.pictures(GoldenTensor.of("x", pictures.shape(), pictures.floats())));
      long[] classes = recorded.npy("labels" + batch + ".npy").longs();
      p.write(
          labels,
          HostTensor.of(
              Arrays.stream(classes).mapToInt(Math::toIntExact).toArray(), classes.length));
    }

    private void gradients(String prefix, JsonNode description) {
      double expected = description.required("loss").asDouble();
      assertThat(plan.read(loss).get(0))
          .as(prefix + "loss")
          .isCloseTo(expected, within(Closeness.RELATIVE * expected));
      Map<String, HostTensor> raw = new HashMap<>();
      Map<String, HostTensor> regularized = new HashMap<>();
      step.gradients().forEach((v, t) -> raw.put(v.name(), plan.read(t)));
      step.regularized().forEach((v, t) -> regularized.put(v.name(), plan.read(t)));
      bundle(prefix + "grads", raw::get);
      if (recorded.hasBundle(prefix + "grads_after_l1")) {
        bundle(prefix + "grads_after_l1", regularized::get);
      } else {
        assertThat(regularized).isEqualTo(raw);
      }
    }

    private void bundle(String name, Function<String, HostTensor> actual) {
      Map<String, GoldenTensor> tensors = recorded.bundle(name).tensors();
      double scale =
          tensors.values().stream()
              .filter(GoldenTensor::isFloat)
              .mapToDouble(t -> largest(doubles(t.floats())))
              .max()
              .orElseThrow();
      double noise = name.endsWith("state") ? 0 : 1e-6 * scale;
      tensors.forEach(
          (key, t) ->
              assertClose(
                  name + " " + key,
                  actual.apply(key).doubles(),
                  GoldenNetworks.host(t).doubles(),
                  noise));
    }

    /** Every layer's output in the first step, and the gradient that reaches it. */
    private void intermediate(Session session) {
      if (!recorded.hasBundle("step1.intermediate")) {
        return;
      }
      Gradients gradients =
          Gradients.of(loss, network.parameters().stream().map(Variable::read).toList());
      Map<String, Node> layers = GoldenNetworks.layers(logits);
      Map<String, Tensor> wanted = new HashMap<>();
      Map<String, GoldenTensor> expected = recorded.bundle("step1.intermediate").tensors();
      for (String key : expected.keySet()) {
        String[] parts = key.split("\\|");
        Tensor out = layers.get(parts[0]).output(0);
        wanted.put(key, parts[1].equals("out") ? out : gradients.of(out));
      }
      start(session);
      Plan p = session.plan(List.copyOf(wanted.values()), List.of());
      feed(p, recorded.meta().required("steps").get(0).required("batch").asInt());
      p.run();
      expected.forEach(
          (key, t) -> {
            HostTensor actual = p.read(wanted.get(key));
            HostTensor plain = actual.shape().rank() == 4 ? actual.permute(0, 3, 1, 2) : actual;
            assertClose(key, plain.doubles(), doubles(t.floats()));
          });
    }
  }
}
