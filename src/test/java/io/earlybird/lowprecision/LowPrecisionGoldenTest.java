package io.earlybird.lowprecision;

import static io.earlybird.golden.Closeness.assertClose;
import static io.earlybird.golden.Closeness.doubles;
import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.Backend;
import io.earlybird.checkpoint.Npy;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import io.earlybird.golden.GoldenTensor;
import io.earlybird.models.GoldenNetworks;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.models.TestBackends;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ForwardPass;
import io.earlybird.optim.Sgd;
import io.earlybird.optim.WeightAverage;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.format.Rounding;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Training steps in low precision against the original's, on every backend. */
class LowPrecisionGoldenTest {
  /** Of {@code preresnet11_lp8}: -8.49994 units, a unit being 1/64; the original's becomes -9. */
  private static final RecordedSteps.Tie TIE =
      new RecordedSteps.Tie("layer2.0.conv3", 31_733, -0x1p-16f);

  @TestFactory
  Stream<DynamicTest> steps() {
    return each("optim/lowprecision");
  }

  @TestFactory
  Stream<DynamicTest> oneStep() {
    return each("optim/lowprecision-one-step");
  }

  /** With the one activation that became its other neighbour put right, everything agrees. */
  @TestFactory
  Stream<DynamicTest> oneStepWithoutItsTie() {
    return GoldenRegistry.tests(
        getClass(),
        "optim/lowprecision-one-step",
        c -> TestBackends.each(b -> new RecordedSteps(c, b, TIE).check()));
  }

  @TestFactory
  Stream<DynamicTest> averaging() {
    return GoldenRegistry.tests(
        getClass(), "optim/swa", c -> TestBackends.each(b -> averaging(c, b)));
  }

  private static void averaging(GoldenCase c, Backend backend) {
    NetworkSpec spec = NetworkSpec.of("vgg", GoldenNetworks.cfg(c.meta().required("cfg")), 10);
    Network trained = Network.of(spec);
    Network averaged = Network.of(spec);
    WeightAverage average = new WeightAverage(trained.parameters(), averaged.parameters());
    try (Session session = new Session(backend)) {
      Plan take = session.plan(List.of(), average.assigns());
      averaged.writeState(GoldenNetworks.state(c.bundle("swa_start").tensors()), session::write);
      for (int n = 0; n < 3; n++) {
        trained.writeState(GoldenNetworks.state(c.bundle("model" + n).tensors()), session::write);
        assertThat((double) WeightAverage.shareOf(n))
            .isEqualTo((float) c.meta().required("alphas").get(n).asDouble());
        session.write(average.share(), HostTensor.scalar(WeightAverage.shareOf(n)));
        take.run();
        same(c, "swa_after" + (n + 1), averaged, session);
      }
      int seen = 0;
      for (BatchNorm2d norm : averaged.batchNorms()) {
        float[] ones = new float[norm.channels()];
        Arrays.fill(ones, 1);
        session.write(norm.runningMean(), HostTensor.zeros(norm.runningMean().spec()));
        session.write(norm.runningVar(), HostTensor.of(ones, ones.length));
      }
      for (int b = 0; b < 3; b++) {
        HostTensor x = pictures(c, "bn_batch" + b + ".npy");
        int size = x.shape().dim(0);
        assertThat(size).isEqualTo(c.meta().required("batches").get(b).asInt());
        Tensor input = Tensor.placeholder("x", averaged.inputSpec(size));
        ForwardPass pass = ForwardPass.training();
        averaged.forward(input, pass);
        session.write(
            averaged.batchNormMomentum(),
            HostTensor.scalar(WeightAverage.statisticsShare(size, seen)));
        try (Plan plan = session.plan(List.of(), pass.assigns())) {
          plan.write(input, x);
          plan.run();
        }
        seen += size;
      }
      same(c, "swa_after_bn_update", averaged, session);
      HostTensor x = pictures(c, "bn_batch0.npy");
      Tensor input = Tensor.placeholder("x", averaged.inputSpec(x.shape().dim(0)));
      Tensor logits = averaged.forward(input, ForwardPass.evaluation());
      try (Plan plan = session.plan(List.of(logits), List.of())) {
        plan.write(input, x);
        plan.run();
        assertClose(
            "logits", plan.read(logits).doubles(), doubles(c.floats("eval_logits_batch0.npy")));
      }
    }
  }

  private static HostTensor pictures(GoldenCase c, String file) {
    Npy x = c.npy(file);
    return GoldenNetworks.pictures(GoldenTensor.of("x", x.shape(), x.floats()));
  }

  private static void same(GoldenCase c, String bundle, Network network, Session session) {
    Map<String, HostTensor> state = network.readState(session::read);
    for (GoldenTensor t : c.bundle(bundle).tensors().values()) {
      if (t.isFloat()) {
        assertClose(bundle + " " + t.name(), state.get(t.name()).doubles(), doubles(t.floats()));
      }
    }
  }

  /** What the original forgets of its optimizer, and ours does not. */
  @TestFactory
  Stream<DynamicTest> wrapperFacts() {
    return GoldenRegistry.tests(
        getClass(),
        "optim/wrapper-facts",
        c -> {
          assertThat(c.meta().required("wrapper_state_entries_after_step").asInt()).isZero();
          assertThat(c.meta().required("inner_state_entries_after_step").asInt()).isPositive();
          assertThat(c.meta().required("same_group_objects_after_load").asBoolean()).isFalse();
          Network network = Network.of(NetworkSpec.of("vgg", 11, 10));
          Variable step = new Variable("step", TensorSpec.of(DType.I64, 1), Variable.Kind.CONTROL);
          Sgd sgd =
              new Sgd(
                  network.parameters(),
                  List.of(),
                  new Sgd.Settings(0.9f, 0, 0),
                  LowPrecision.of(8, Rounding.STOCHASTIC).optimizer(1, step.read()));
          assertThat(sgd.momenta()).hasSameSizeAs(network.parameters());
          // One learning rate, in the state: whatever changes it after a restore is in force.
          assertThat(sgd.learningRate().kind()).isEqualTo(Variable.Kind.CONTROL);
        });
  }

  private Stream<DynamicTest> each(String kind) {
    return GoldenRegistry.tests(
        getClass(), kind, c -> TestBackends.each(b -> new RecordedSteps(c, b, null).check()));
  }
}
