package io.earlybird.training;

import io.earlybird.backend.Backend;
import io.earlybird.data.ImageSet;
import io.earlybird.models.Network;
import io.earlybird.nn.ForwardPass;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.plan.Work;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** Loss and accuracy of a network on resident images, with running statistics and no crops. */
public final class Evaluator {
  private final Session session;
  private final ResidentImages images;
  private final Counters counters = new Counters("evaluation.counters");
  private final BatchPlans plans;

  /**
   * Prepares evaluation on a session that the caller keeps.
   *
   * @param batchSize images per batch; accuracy does not depend on it
   */
  Evaluator(Session session, Network network, ImageSet set, int batchSize) {
    this.session = session;
    images = new ResidentImages("evaluation", set);
    plans = new BatchPlans(set.size(), batchSize, n -> plan(network, n));
    images.write(session);
  }

  private Plan plan(Network network, int batch) {
    Tensor position = images.cursor().read();
    Node input = images.batch(batch, false, 0, position);
    Tensor labels = input.output(1);
    Tensor logits = network.forward(input.output(0), ForwardPass.evaluation());
    Tensor loss = logits.softmaxCrossEntropy(labels).output(0);
    return session.plan(
        List.of(), List.of(counters.count(logits, labels, loss, position), images.advance(batch)));
  }

  /**
   * Runs over all images.
   *
   * @param watch asked after every batch
   * @return the sums, of fewer images if the watch stopped
   */
  Metrics run(Watch watch) {
    session.write(images.cursor(), HostTensor.scalar(0L));
    counters.clear(session);
    plans.run(0, watch);
    return counters.read(session);
  }

  /** Operations and bytes of a run over all images. */
  Work work() {
    return plans.work(0, plans.batches().count());
  }

  /** Loss and accuracy of a network with a given state dict, on a session of its own. */
  public static Metrics evaluate(
      Backend backend,
      Network network,
      Map<String, HostTensor> state,
      ImageSet set,
      int batchSize) {
    return evaluate(backend, network, state, set, batchSize, new StopSignal());
  }

  /**
   * The same, unless it is to stop.
   *
   * @throws StoppedException if it was asked to
   */
  static Metrics evaluate(
      Backend backend,
      Network network,
      Map<String, HostTensor> state,
      ImageSet set,
      int batchSize,
      StopSignal stop) {
    try (Session session = new Session(backend)) {
      Evaluator evaluator = new Evaluator(session, network, set, batchSize);
      network.writeState(state, session::write);
      Metrics metrics = evaluator.run(batches -> !stop.isRequested());
      if (metrics.images() < set.size()) {
        throw new StoppedException("stopped in an evaluation");
      }
      return metrics;
    }
  }
}
