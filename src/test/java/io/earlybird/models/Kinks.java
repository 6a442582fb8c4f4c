package io.earlybird.models;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.Backend;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.nn.ForwardPass;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.op.Relu;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * ReLU inputs that lie so close to zero that rounding decides on which side. One of them moves all
 * gradients below it by a jump, so a backend's gradients may differ from recorded ones by more than
 * rounding, though nothing is wrong.
 */
final class Kinks {
  /** How far from zero rounding may carry a value, relative to the largest of its layer. */
  private static final double ROUNDING = 1e-6;

  private Kinks() {}

  /**
   * Number of ReLU inputs of a training pass that a backend puts on another side of zero than exact
   * arithmetic does. Each must lie within rounding of zero.
   */
  static int crossed(
      Network network, Map<String, HostTensor> state, HostTensor pictures, Backend backend) {
    Tensor x = Tensor.placeholder("x", network.inputSpec(pictures.spec().shape().dim(0)));
    ForwardPass pass = ForwardPass.training();
    List<Node> relus = relus(network.forward(x, pass));
    List<Tensor> inputs = relus.stream().map(r -> r.inputs().get(0)).toList();
    List<Tensor> outputs = relus.stream().map(r -> r.output(0)).toList();
    List<HostTensor> exact;
    try (Backend reference = new ReferenceBackend(DType.F64)) {
      exact = run(network, state, x, pictures, pass, inputs, reference);
    }
    List<HostTensor> rounded = run(network, state, x, pictures, pass, outputs, backend);
    int crossed = 0;
    for (int i = 0; i < relus.size(); i++) {
      crossed += crossed(exact.get(i).doubles(), rounded.get(i).doubles());
    }
    return crossed;
  }

  private static int crossed(double[] exact, double[] rectified) {
    double largest = 0;
    for (double v : exact) {
      largest = Math.max(largest, Math.abs(v));
    }
    int crossed = 0;
    for (int i = 0; i < exact.length; i++) {
      if (exact[i] > 0 != rectified[i] > 0) {
        assertThat(Math.abs(exact[i])).as("distance to a kink").isLessThan(ROUNDING * largest);
        crossed++;
      }
    }
    return crossed;
  }

  private static List<HostTensor> run(
      Network network,
      Map<String, HostTensor> state,
      Tensor x,
      HostTensor pictures,
      ForwardPass pass,
      List<Tensor> outputs,
      Backend backend) {
    try (Session session = new Session(backend)) {
      Plan plan = session.plan(outputs, pass.assigns());
      network.writeState(state, session::write);
      plan.write(x, pictures);
      plan.run();
      return outputs.stream().map(plan::read).toList();
    }
  }

  private static List<Node> relus(Tensor logits) {
    List<Node> relus = new ArrayList<>();
    Set<Node> seen = new HashSet<>();
    Deque<Node> open = new ArrayDeque<>(List.of(logits.node()));
    while (!open.isEmpty()) {
      Node node = open.pop();
      if (seen.add(node)) {
        if (node.op() instanceof Relu) {
          relus.add(node);
        }
        node.inputs().forEach(t -> open.push(t.node()));
      }
    }
    return relus;
  }
}
