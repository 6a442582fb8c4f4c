package io.earlybird.training;

import io.earlybird.plan.Session;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.CountMetrics;
import java.util.List;

/** The counters of an epoch, kept on the device. */
final class Counters {
  private final Variable variable;

  /** Declares the variable under a name that is unique in a session. */
  Counters(String name) {
    variable =
        new Variable(name, TensorSpec.of(DType.F64, CountMetrics.SIZE), Variable.Kind.CONTROL);
  }

  /**
   * A batch is counted.
   *
   * @param logits {@code [N,K]}
   * @param labels {@code [N]}
   * @param loss mean over the batch, {@code [1]}
   * @param step what a loss that is not finite is reported as, {@code [1]} of I64
   */
  Assign count(Tensor logits, Tensor labels, Tensor loss, Tensor step) {
    return variable.assign(
        Node.of(new CountMetrics(), List.of(variable.read(), logits, labels, loss, step))
            .output(0));
  }

  /** Where the counters live. */
  Variable variable() {
    return variable;
  }

  /** The sums so far. */
  Metrics read(Session session) {
    return Metrics.of(session.read(variable));
  }

  /** Starts again at zero. */
  void clear(Session session) {
    session.write(variable, HostTensor.zeros(variable.spec()));
  }
}
