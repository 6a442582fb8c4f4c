package io.earlybird.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.autograd.Gradients;
import io.earlybird.models.Costs;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.nn.ForwardPass;
import io.earlybird.plan.Work.Part;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.Augment;
import io.earlybird.tensor.op.FusedOp;
import io.earlybird.tensor.op.LeafOp;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.SgdUpdate;
import io.earlybird.tensor.op.ViewOp;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkTest {
  /** Two pictures of 4x4x3; a 3x3 convolution to 5 channels, batch norm, ReLU, pool, linear. */
  private final Tensor x = Tensor.placeholder("x", TensorSpec.f32(2, 4, 4, 3));

  private final Tensor labels = Tensor.placeholder("labels", TensorSpec.of(DType.I32, 2));
  private final Variable w = Variable.parameter("conv.weight", 5, 3, 3, 3);
  private final Variable gamma = Variable.parameter("bn.weight", 5);
  private final Variable beta = Variable.parameter("bn.bias", 5);
  private final Variable fc = Variable.parameter("fc.weight", 7, 5);
  private final Variable fcBias = Variable.parameter("fc.bias", 7);
  private final Variable lr = new Variable("lr", TensorSpec.f32(1), Variable.Kind.CONTROL);

  private Plan training(Session session, boolean fused) {
    Tensor y = x.conv2d(w.read(), 1, 1).batchNorm(gamma.read(), beta.read(), 1e-5f).output(0);
    y = y.relu().avgPool2d(4, 4).reshape(2, 5);
    Tensor loss = y.linear(fc.read(), fcBias.read()).softmaxCrossEntropy(labels).output(0);
    List<Variable> parameters = List.of(w, gamma, beta, fc, fcBias);
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
    return fused
        ? session.plan(List.of(loss), assigns)
        : session.unfusedPlan(List.of(loss), assigns);
  }

  /** Operations and bytes of a training step, counted by hand. */
  @Test
  void aSmallNetworkByHand() {
    try (Session session = new Session(new PlainBackend())) {
      Work work = training(session, false).work();

      long conv = 2L * (2 * 4 * 4 * 5) * (3 * 3 * 3); // 8640
      long map = 2 * 4 * 4 * 5; // 160 elements
      long forward = conv + 6 * map + map + 16 * 10 + (2 * 2 * 35 + 14) + 5 * 14;
      assertThat(work.of(Part.FORWARD).allOperations()).isEqualTo(forward).isEqualTo(10144);
      // Weight gradient; none flows to the picture. Batch norm, ReLU, pool, linear twice, softmax.
      long backward = conv + 9 * map + map + map + (2 * 2 * 35) + (2 * 2 * 35 + 14) + 2 * 14;
      assertThat(work.of(Part.BACKWARD).allOperations()).isEqualTo(backward).isEqualTo(10722);
      long parameters = 135 + 5 + 5 + 35 + 7;
      assertThat(work.of(Part.UPDATE).allOperations()).isEqualTo(6 * parameters);
      assertThat(work.of(Part.FORWARD).operations()).containsOnlyKeys(DType.F32);

      // conv: x 96, w 135; norm: map, 5, 5; relu: map; pool: map; linear: 10, 35, 7; loss: 14, 2
      assertThat(work.of(Part.FORWARD).bytesRead())
          .isEqualTo(4 * (96 + 135 + map + 10 + map + map + 10 + 35 + 7 + 14 + 2));
      // conv: map; norm: map, 5, 5; relu: map; pool: 10; linear: 14; loss: 1, 14
      assertThat(work.of(Part.FORWARD).bytesWritten())
          .isEqualTo(4 * (map + map + 10 + map + 10 + 14 + 1 + 14));
      // update: w, m, g of each parameter and the learning rate; w, m written
      assertThat(work.of(Part.UPDATE).bytesRead()).isEqualTo(4 * (3 * parameters + 5));
      assertThat(work.of(Part.UPDATE).bytesWritten()).isEqualTo(4 * 2 * parameters);
    }
  }

  @Test
  void fusionAndRecomputationAreCounted() {
    try (Session session = new Session(new RecordingBackend(op -> true));
        Session plain = new Session(new RecordingBackend(op -> false))) {
      Work fused = training(session, true).work();
      Work single = training(plain, true).work();
      assertThat(fused.of(Part.FORWARD).allOperations())
          .isEqualTo(single.of(Part.FORWARD).allOperations());
      // The fused backward finds out again where the ReLU was open: 3 per element.
      assertThat(fused.of(Part.BACKWARD).allOperations())
          .isEqualTo(single.of(Part.BACKWARD).allOperations() + 3 * 160);
      assertThat(fused.of(Part.UPDATE).allOperations())
          .isEqualTo(single.of(Part.UPDATE).allOperations());
      assertThat(fused.of(Part.FORWARD).bytes()).isLessThan(single.of(Part.FORWARD).bytes());
    }
  }

  /** The ops that the original counts, in an evaluation plan, against its recorded FLOPs. */
  @ParameterizedTest
  @CsvSource({"vgg,16,627355658", "vgg,11,306116618", "resnet,20,68666378", "resnet,101,0"})
  void forwardFlopsAreTheOriginals(String arch, int depth, long recorded) {
    Network network = Network.of(NetworkSpec.of(arch, depth, 10));
    Set<String> counted = Set.of("Conv2d", "Linear", "BatchNormInference", "Relu", "MaxPool2d");
    try (Session session = new Session(new PlainBackend())) {
      Tensor picture = Tensor.placeholder("x", network.inputSpec(1));
      Plan plan =
          session.unfusedPlan(
              List.of(network.forward(picture, ForwardPass.evaluation())), List.of());
      List<Work> work = plan.stepWork();
      long flops = 0;
      for (int i = 0; i < work.size(); i++) {
        assertThat(work.get(i).parts()).containsExactly(Part.FORWARD);
        if (counted.contains(plan.steps().get(i).op())) {
          flops += work.get(i).total().allOperations();
        }
      }
      assertThat(flops).isEqualTo(Costs.of(network).flops());
      if (recorded > 0) {
        assertThat(flops).isEqualTo(recorded);
      }
    }
  }

  @Test
  void aBatchIsReadFromTheResidentDataSet() {
    Variable images = data("images", TensorSpec.of(DType.U8, 1000, 4, 4, 3));
    Variable imageLabels = data("image-labels", TensorSpec.of(DType.I32, 1000));
    Variable order = data("order", TensorSpec.of(DType.I32, 1000));
    Variable cursor = data("cursor", TensorSpec.of(DType.I64, 1));
    Variable step = data("step", TensorSpec.of(DType.I64, 1));
    Variable table = data("table", TensorSpec.f32(3, 256));
    Node batch =
        Node.of(
            new Augment(10, 1, true, 1),
            List.of(
                images.read(),
                imageLabels.read(),
                order.read(),
                cursor.read(),
                step.read(),
                table.read()));
    try (Session session = new Session(new PlainBackend())) {
      Work work = session.plan(batch.outputs(), List.of()).work();
      assertThat(work.parts()).containsExactly(Part.DATA);
      assertThat(work.of(Part.DATA).bytesRead()).isEqualTo(10 * (48 + 4 + 4) + 8 + 8 + 4 * 768);
      assertThat(work.of(Part.DATA).bytesWritten()).isEqualTo(4 * 10 * 48 + 4 * 10);
    }
  }

  private static Variable data(String name, TensorSpec spec) {
    return new Variable(name, spec, Variable.Kind.CONTROL);
  }

  @Test
  void sumsAndMultiples() {
    Work a = Work.of(Part.FORWARD, DType.F32, 10, 3, 4);
    Work b = Work.of(Part.FORWARD, DType.BF16, 5, 1, 1).plus(Work.of(Part.DATA, DType.U8, 0, 9, 0));
    Work sum = a.plus(b).times(3);
    assertThat(sum.of(Part.FORWARD).operations()).containsEntry(DType.F32, 30L);
    assertThat(sum.of(Part.FORWARD).operations()).containsEntry(DType.BF16, 15L);
    assertThat(sum.total().bytes()).isEqualTo(3 * (3 + 4 + 1 + 1 + 9));
    assertThat(sum).isEqualTo(Work.sum(List.of(a, b, a, b, b, a)));
    assertThat(Work.NONE.plus(a)).isEqualTo(a);
  }

  @Test
  void everyOpThatBecomesAKernelHasARule() {
    Deque<Class<?>> open = new ArrayDeque<>(List.of(Op.class));
    List<Class<?>> without = new ArrayList<>();
    while (!open.isEmpty()) {
      Class<?> type = open.pop();
      if (type.isSealed()) {
        open.addAll(List.of(type.getPermittedSubclasses()));
      } else if (!LeafOp.class.isAssignableFrom(type)
          && !FusedOp.class.isAssignableFrom(type)
          && !ViewOp.class.isAssignableFrom(type)
          && !OpWork.knows(type)) {
        without.add(type);
      }
    }
    assertThat(without).as("ops without a rule in OpWork").isEmpty();
  }
}
