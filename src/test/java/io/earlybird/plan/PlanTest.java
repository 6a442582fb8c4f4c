package io.earlybird.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.autograd.Gradients;
import io.earlybird.backend.Slice;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.optim.Sgd;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.format.Rounding;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.BatchNormInferenceRelu;
import io.earlybird.tensor.op.BatchNormReluBackwardAdd;
import io.earlybird.tensor.op.BatchNormReluConv2dBackward;
import io.earlybird.tensor.op.Increment;
import io.earlybird.tensor.op.MultiQuantizedSgdUpdate;
import io.earlybird.tensor.op.NormProductOp;
import io.earlybird.tensor.op.SgdUpdate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlanTest {
  private final Tensor x = Tensor.placeholder("x", TensorSpec.f32(2, 4, 4, 3));
  private final Tensor labels = Tensor.placeholder("labels", TensorSpec.of(DType.I32, 2));
  private final Variable w = Variable.parameter("conv.weight", 5, 3, 3, 3);
  private final Variable w2 = Variable.parameter("conv2.weight", 5, 5, 3, 3);
  private final Variable gamma = Variable.parameter("bn.weight", 5);
  private final Variable beta = Variable.parameter("bn.bias", 5);
  private final Variable fc = Variable.parameter("fc.weight", 7, 5);
  private final Variable fcBias = Variable.parameter("fc.bias", 7);
  private final Variable lr = new Variable("lr", TensorSpec.f32(1), Variable.Kind.CONTROL);
  private final List<Variable> parameters = List.of(w, w2, gamma, beta, fc, fcBias);

  private Tensor loss() {
    Tensor y = x.conv2d(w.read(), 1, 1).batchNorm(gamma.read(), beta.read(), 1e-5f).output(0);
    y = y.relu().conv2d(w2.read(), 1, 1).relu().avgPool2d(4, 4).reshape(2, 5);
    return y.linear(fc.read(), fcBias.read()).softmaxCrossEntropy(labels).output(0);
  }

  private List<Assign> training(Tensor loss) {
    Gradients grads = Gradients.of(loss, parameters.stream().map(Variable::read).toList());
    List<Assign> assigns = new ArrayList<>();
    for (Variable p : parameters) {
      Variable m = new Variable("momentum." + p.name(), p.spec(), Variable.Kind.MOMENTUM);
      Node sgd =
          Node.of(
              new SgdUpdate(0.9f, 1e-4f),
              List.of(p.read(), m.read(), grads.of(p.read()), lr.read()));
      assigns.add(p.assign(sgd.output(0)));
      assigns.add(m.assign(sgd.output(1)));
    }
    return assigns;
  }

  @Test
  void trainingStepUpdatesInPlaceAfterEveryReader() {
    RecordingBackend backend = new RecordingBackend(op -> false);
    try (Session session = new Session(backend)) {
      Tensor loss = loss();
      Plan plan = session.plan(List.of(loss), training(loss));
      plan.run();
      int updateOfW2 = -1;
      int backwardData = -1;
      int reorderForBackward = -1;
      Slice state = session.state().slice(w2);
      for (int i = 0; i < backend.ran.size(); i++) {
        var ran = backend.ran.get(i);
        if (ran.op().equals("Conv2dBackwardData")) {
          backwardData = i;
        } else if (ran.op().equals("SgdUpdate") && ran.outputs().get(0).equals(state)) {
          updateOfW2 = i;
        } else if (ran.op().equals("Reorder") && ran.inputs().get(0).equals(state)) {
          reorderForBackward = i;
        }
      }
      assertThat(updateOfW2).as("updated in place").isPositive();
      assertThat(reorderForBackward).isBetween(0, backwardData);
      assertThat(updateOfW2).isGreaterThan(reorderForBackward);
      assertThat(backend.ranOps().stream().filter("SgdUpdate"::equals)).hasSize(6);
      assertThat(backend.ranOps().stream().filter("Conv2dBackwardData"::equals))
          .as("no gradient flows to the image")
          .hasSize(1);
      // One reorder for backward-data's layout, two that bring weight gradients into the layout in
      // which the weights live.
      assertThat(backend.ranOps().stream().filter("Reorder"::equals)).hasSize(3);
    }
    assertThat(backend.liveBytes()).isZero();
  }

  @Test
  void weightsAndMomentaLiveInTheLayoutOfTheForwardProduct() {
    RecordingBackend backend = new RecordingBackend(op -> false);
    try (Session session = new Session(backend)) {
      Tensor loss = loss();
      List<Assign> assigns = training(loss);
      session.plan(List.of(loss), assigns);
      assertThat(session.state().formOf(w))
          .isEqualTo(RecordingBackend.opaque("forward", w.spec()))
          .isEqualTo(session.state().formOf(assigns.get(1).variable()));
      assertThat(session.state().formOf(fc).isPlain()).isTrue();
    }
  }

  @Test
  void fusesWhatTheBackendHas() {
    RecordingBackend backend = new RecordingBackend(op -> true);
    try (Session session = new Session(backend)) {
      Tensor loss = loss();
      session.plan(List.of(loss), training(loss)).run();
      assertThat(backend.ranOps())
          .containsOnlyOnce(
              "BatchNormStatistics",
              "BatchNormReluConv2d",
              "BatchNormReluConv2dBackwardWeight",
              "BatchNormReluBackward",
              "MultiSgdUpdate")
          .doesNotContain(
              "BatchNorm", "BatchNormRelu", "BatchNormInferenceRelu", "BatchNormBackward")
          .doesNotContain("SgdUpdate")
          .contains("Relu", "ReluBackward");
    }
  }

  @Test
  void aNormStaysWholeWhereItsConvolutionCannotNormalise() {
    RecordingBackend backend = new RecordingBackend(op -> !(op instanceof NormProductOp));
    try (Session session = new Session(backend)) {
      Tensor loss = loss();
      session.plan(List.of(loss), training(loss)).run();
      assertThat(backend.ranOps())
          .containsOnlyOnce("BatchNormRelu", "BatchNormInferenceRelu")
          .doesNotContain("BatchNormStatistics");
    }
  }

  @Test
  void theGradientOfAResidualPathIsAddedInTheNormsPass() {
    for (boolean has : new boolean[] {true, false}) {
      RecordingBackend backend =
          new RecordingBackend(op -> has || !(op instanceof BatchNormReluBackwardAdd));
      try (Session session = new Session(backend)) {
        Tensor h = x.conv2d(w.read(), 1, 1);
        Tensor y = h.batchNorm(gamma.read(), beta.read(), 1e-5f).output(0).relu();
        y = y.conv2d(w2.read(), 1, 1).apply(new Add(), h).avgPool2d(4, 4).reshape(2, 5);
        Tensor loss = y.linear(fc.read(), fcBias.read()).softmaxCrossEntropy(labels).output(0);
        session.plan(List.of(loss), training(loss)).run();
        assertThat(backend.ranOps())
            .containsOnlyOnce(has ? "BatchNormReluBackwardAdd" : "BatchNormReluBackward")
            .doesNotContain(has ? "BatchNormReluBackward" : "BatchNormReluBackwardAdd");
        assertThat(backend.ranOps().stream().filter("Add"::equals)).hasSize(has ? 0 : 1);
      }
    }
  }

  @Test
  void allGradientsBehindANormAreJoined() {
    Variable narrow = Variable.parameter("conv3.weight", 3, 5, 1, 1);
    Variable wide = Variable.parameter("conv4.weight", 5, 3, 1, 1);
    for (boolean add : new boolean[] {false, true}) {
      for (boolean has : new boolean[] {true, false}) {
        RecordingBackend backend =
            new RecordingBackend(op -> has || !(op instanceof BatchNormReluConv2dBackward));
        try (Session session = new Session(backend)) {
          Tensor h = x.conv2d(w.read(), 1, 1);
          Tensor y = h.batchNorm(gamma.read(), beta.read(), 1e-5f).output(0).relu();
          y = y.conv2d(narrow.read(), 1, 0).conv2d(wide.read(), 1, 0);
          y = (add ? y.apply(new Add(), h) : y).avgPool2d(4, 4).reshape(2, 5);
          Tensor loss = y.linear(fc.read(), fcBias.read()).softmaxCrossEntropy(labels).output(0);
          List<Variable> all = List.of(w, gamma, beta, narrow, wide);
          Gradients grads = Gradients.of(loss, all.stream().map(Variable::read).toList());
          session
              .plan(List.of(loss), all.stream().map(v -> v.assign(grads.of(v.read()))).toList())
              .run();
        }
        String norm = add ? "BatchNormReluBackwardAdd" : "BatchNormReluBackward";
        List<String> parts = List.of("BatchNormReluConv2dBackwardWeight", norm);
        if (has) {
          assertThat(backend.ranOps())
              .containsOnlyOnce("BatchNormReluConv2dBackward", "Conv2dBackwardData")
              .doesNotContainAnyElementsOf(parts);
        } else {
          assertThat(backend.ranOps())
              .doesNotContain("BatchNormReluConv2dBackward")
              .containsAll(parts);
        }
      }
    }
  }

  @Test
  void roundingJoinsTheUpdateThatItSurrounds() {
    RecordingBackend joining = new RecordingBackend(op -> true);
    RecordingBackend apart = new RecordingBackend(op -> !(op instanceof MultiQuantizedSgdUpdate));
    for (RecordingBackend backend : List.of(joining, apart)) {
      Variable step = new Variable("step", TensorSpec.of(DType.I64, 1), Variable.Kind.CONTROL);
      Sgd sgd =
          new Sgd(
              parameters,
              List.of(gamma),
              new Sgd.Settings(0.9f, 1e-4f, 1e-4f),
              LowPrecision.of(8, Rounding.STOCHASTIC).optimizer(1, step.read()));
      try (Session session = new Session(backend)) {
        Tensor loss = loss();
        List<Assign> assigns = new ArrayList<>(sgd.step(loss).assigns());
        assigns.add(step.assign(step.read().apply(new Increment(1))));
        session.plan(List.of(loss), assigns).run();
      }
    }
    assertThat(joining.ranOps())
        .containsOnlyOnce("MultiQuantizedSgdUpdate")
        .doesNotContain("SgdUpdate", "MultiSgdUpdate", "AddSign", "Quantize");
    assertThat(apart.ranOps()).containsOnlyOnce("MultiSgdUpdate");
    assertThat(apart.ranOps().stream().filter("Quantize"::equals)).hasSize(3 * parameters.size());
  }

  @Test
  void computesTheInputsOfConvolutionsAgainForTheirWeightGradients() {
    RecordingBackend keeping = new RecordingBackend(op -> !(op instanceof BatchNormInferenceRelu));
    RecordingBackend recomputing = new RecordingBackend(op -> !(op instanceof NormProductOp));
    RecordingBackend joining = new RecordingBackend(op -> true);
    List<Long> bytes = new ArrayList<>();
    for (RecordingBackend backend : List.of(keeping, recomputing, joining)) {
      try (Session session = new Session(backend)) {
        Tensor y = Tensor.placeholder("x", TensorSpec.f32(64, 8, 8, 3));
        Tensor target = Tensor.placeholder("labels", TensorSpec.of(DType.I32, 64));
        List<Variable> weights = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          Variable v = Variable.parameter("conv" + i, 5, i == 0 ? 3 : 5, 3, 3);
          weights.add(v);
          y = y.conv2d(v.read(), 1, 1).batchNorm(gamma.read(), beta.read(), 1e-5f).output(0).relu();
          y = i == 5 ? y.maxPool2d(2, 2, 0) : y;
        }
        Tensor logits = y.avgPool2d(4, 4).reshape(64, 5).linear(fc.read(), fcBias.read());
        Tensor loss = logits.softmaxCrossEntropy(target).output(0);
        Gradients grads = Gradients.of(loss, weights.stream().map(Variable::read).toList());
        List<Assign> assigns = new ArrayList<>();
        weights.forEach(v -> assigns.add(v.assign(grads.of(v.read()))));
        Plan plan = session.plan(List.of(loss), assigns);
        plan.run();
        bytes.add(plan.scratchBytes());
      }
    }
    assertThat(recomputing.ranOps().stream().filter("BatchNormInferenceRelu"::equals)).hasSize(7);
    assertThat(recomputing.ranOps().stream().filter("MaxPool2d"::equals)).hasSize(2);
    assertThat(recomputing.ranOps().indexOf("BatchNormInferenceRelu"))
        .isGreaterThan(recomputing.ranOps().indexOf("SoftmaxCrossEntropy"));
    assertThat(bytes.get(1)).isLessThan(bytes.get(0) * 3 / 4);
    assertThat(bytes.get(2)).isLessThanOrEqualTo(bytes.get(1));
    for (String op :
        List.of(
            "BatchNormStatistics", "BatchNormReluConv2d", "BatchNormReluConv2dBackwardWeight")) {
      assertThat(joining.ranOps().stream().filter(op::equals)).as(op).hasSize(6);
    }
    assertThat(joining.ranOps().stream().filter("BatchNormInferenceRelu"::equals))
        .as("for the gradient behind the pooling")
        .hasSize(1);
  }

  @Test
  void evaluationNormalisesAddsAndRectifiesInConvolutions() {
    RecordingBackend backend = new RecordingBackend(op -> !(op instanceof NormProductOp));
    RecordingBackend joining = new RecordingBackend(op -> true);
    Tensor mean = beta.read();
    Tensor variance = gamma.read();
    for (RecordingBackend each : List.of(backend, joining)) {
      try (Session session = new Session(each)) {
        Tensor stream = x.conv2d(w.read(), 1, 1);
        Tensor y =
            stream.batchNormInference(gamma.read(), beta.read(), mean, variance, 1e-5f).relu();
        y = y.conv2d(w2.read(), 1, 1);
        y = y.batchNormInference(gamma.read(), beta.read(), mean, variance, 1e-5f);
        Tensor sum = stream.add(y).relu();
        session.plan(List.of(sum), List.of()).run();
      }
    }
    assertThat(backend.ranOps())
        .containsExactly("Conv2d", "BatchNormInferenceRelu", "Conv2dEpilogue");
    assertThat(backend.ran.get(2).inputs())
        .as("the residual comes last")
        .hasSize(7)
        .endsWith(backend.ran.get(0).outputs().get(0));
    assertThat(joining.ranOps()).containsExactly("Conv2d", "BatchNormReluConv2d");
    assertThat(joining.ran.get(1).inputs())
        .hasSize(11)
        .endsWith(joining.ran.get(0).outputs().get(0));
  }

  @Test
  void aSumOfTwoConvolutionsIsFusedIntoTheFirstAndReadsTheSecond() {
    RecordingBackend backend = new RecordingBackend(op -> true);
    try (Session session = new Session(backend)) {
      Tensor sum = x.conv2d(w.read(), 1, 1).add(x.conv2d(w.read(), 1, 1));
      Tensor twice = sum.add(sum);
      session.plan(List.of(twice), List.of()).run();
    }
    assertThat(backend.ranOps().stream().filter(op -> !op.equals("Reorder")))
        .containsExactly("Conv2d", "Conv2dEpilogue", "Add");
  }

  @Test
  void aWantedResultPreventsItsFusion() {
    RecordingBackend backend = new RecordingBackend(op -> true);
    try (Session session = new Session(backend)) {
      Tensor norm = x.conv2d(w.read(), 1, 1).batchNorm(gamma.read(), beta.read(), 1e-5f).output(0);
      session.plan(List.of(norm.relu(), norm), List.of()).run();
      assertThat(backend.ranOps()).contains("BatchNorm", "Relu").doesNotContain("BatchNormRelu");
    }
  }

  @Test
  void twoBatchSizesShareStateAndOverlayScratch() {
    RecordingBackend backend = new RecordingBackend(op -> true);
    try (Session session = new Session(backend)) {
      Tensor big = Tensor.placeholder("big", TensorSpec.f32(8, 4, 4, 3));
      Tensor small = Tensor.placeholder("small", TensorSpec.f32(3, 4, 4, 3));
      Plan a = session.plan(List.of(small.conv2d(w.read(), 1, 1)), List.of());
      a.run();
      Plan b = session.plan(List.of(big.conv2d(w.read(), 1, 1)), List.of());
      b.run();
      a.run();
      assertThat(backend.ran).hasSize(3);
      assertThat(backend.ran.get(0).inputs().get(1)).isEqualTo(backend.ran.get(1).inputs().get(1));
      assertThat(backend.ran.get(2).outputs().get(0).memory())
          .as("the first plan moved to the grown arena")
          .isSameAs(backend.ran.get(1).outputs().get(0).memory());
      assertThat(session.scratchBytes()).isEqualTo(b.scratchBytes());
    }
  }

  @Test
  void liveBuffersNeverOverlap() {
    RecordingBackend backend = new RecordingBackend(op -> true);
    try (Session session = new Session(backend)) {
      Tensor loss = loss();
      session.plan(List.of(loss), training(loss)).run();
      List<RecordingBackend.Ran> ran = backend.ran;
      for (int i = 0; i < ran.size(); i++) {
        for (Slice written : ran.get(i).outputs()) {
          int lastRead = lastReadBeforeOverwritten(ran, written, i);
          for (int j = i + 1; j < lastRead; j++) {
            for (Slice other : ran.get(j).outputs()) {
              assertThat(overlap(written, other)).as(ran.get(i) + " and " + ran.get(j)).isFalse();
            }
          }
        }
      }
    }
  }

  private static int lastReadBeforeOverwritten(
      List<RecordingBackend.Ran> ran, Slice slice, int writer) {
    int last = writer;
    for (int j = writer + 1; j < ran.size(); j++) {
      last = ran.get(j).inputs().contains(slice) ? j : last;
      if (ran.get(j).outputs().contains(slice)) {
        break;
      }
    }
    return last;
  }

  private static boolean overlap(Slice a, Slice b) {
    return a.memory() == b.memory()
        && a.offset() < b.offset() + b.bytes()
        && b.offset() < a.offset() + a.bytes();
  }

  @Test
  void swapsVariablesThroughCopies() {
    RecordingBackend backend = new RecordingBackend(op -> true);
    Variable a = Variable.parameter("a", 4);
    Variable b = Variable.parameter("b", 4);
    try (Session session = new Session(backend)) {
      session.plan(List.of(), List.of(a.assign(b.read()), b.assign(a.read()))).run();
      assertThat(backend.ranOps()).containsOnly("Reorder").hasSize(4);
      assertThat(backend.ran.get(0).outputs().get(0).memory())
          .isNotSameAs(session.state().slice(a).memory());
    }
  }

  @Test
  void aReaderOfTheNewValueSeesItBeforeOthersSeeTheOld() {
    RecordingBackend backend = new RecordingBackend(op -> true);
    Variable step = new Variable("step", TensorSpec.of(DType.I64, 1), Variable.Kind.CONTROL);
    try (Session session = new Session(backend)) {
      Tensor next = step.read().apply(new Increment(1));
      Tensor after = next.apply(new Increment(1));
      session.plan(List.of(after), List.of(step.assign(next))).run();
      assertThat(backend.ran.get(0).outputs().get(0)).isEqualTo(session.state().slice(step));
      assertThat(backend.ran.get(1).outputs().get(0)).isNotEqualTo(session.state().slice(step));
    }
  }

  @Test
  void refusesWrongUse() {
    RecordingBackend backend = new RecordingBackend(op -> true);
    try (Session session = new Session(backend)) {
      Tensor y = x.relu();
      Plan plan = session.plan(List.of(y), List.of());
      assertThatThrownBy(() -> plan.read(y)).hasMessageContaining("has not run");
      assertThatThrownBy(() -> plan.write(x, HostTensor.scalar(1f))).hasMessageContaining("x");
      assertThatThrownBy(() -> plan.read(x)).hasMessageContaining("not an output");
      assertThatThrownBy(
              () -> session.plan(List.of(), List.of(lr.assign(lr.read()), lr.assign(lr.read()))))
          .hasMessageContaining("assigned twice");
      plan.close();
      assertThatThrownBy(plan::run).hasMessageContaining("closed");
    }
  }
}
