package io.earlybird.tickets;

import io.earlybird.backend.Backend;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.models.Network;
import io.earlybird.models.TestBackends;
import io.earlybird.nn.ForwardPass;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** What a network says about pictures. */
final class Evaluation {
  private Evaluation() {}

  /** Logits [N,classes] of pictures [N,H,W,3], in evaluation mode, on the fastest backend. */
  static double[] logits(Network network, Map<String, HostTensor> state, HostTensor pictures) {
    return logits(network, state, pictures, LowPrecision.NONE);
  }

  /** The same with convolutions' results rounded to nearest. */
  static double[] logits(
      Network network, Map<String, HostTensor> state, HostTensor pictures, LowPrecision bits) {
    Tensor x = Tensor.placeholder("x", pictures.spec());
    Tensor logits = network.forward(x, ForwardPass.evaluation(bits.quantizers(0, null)));
    try (Backend backend = TestBackends.fastest();
        Session session = new Session(backend)) {
      Plan plan = session.plan(List.of(logits), List.of());
      network.writeState(state, session::write);
      plan.write(x, pictures);
      plan.run();
      return plan.read(logits).doubles();
    }
  }
}
