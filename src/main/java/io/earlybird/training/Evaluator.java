package io.earlybird.training;

import io.earlybird.backend.Backend;
import io.earlybird.data.Batches;
import io.earlybird.data.Pictures;
import io.earlybird.energy.EnergyLog;
import io.earlybird.energy.Phase;
import io.earlybird.lowprecision.LowPrecision;
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

/** Loss and accuracy of a network on test images, with running statistics and no crops. */
public final class Evaluator implements AutoCloseable {
  private final Session session;
  private final LowPrecision precision;
  private final long seed;
  private final int batchSize;
  private final BatchFeed images;
  private final Counters counters;
  private final BatchPlans plans;
  private final int[] order;
  private boolean complete;

  /**
   * Prepares evaluation on a session that the caller keeps.
   *
   * @param batchSize images per batch; accuracy does not depend on it unless rounding is stochastic
   * @param precision what the network's convolutions are followed by
   * @param seed key of stochastic rounding
   */
  Evaluator(
      Session session,
      Network network,
      Pictures set,
      int batchSize,
      Loading loading,
      LowPrecision precision,
      long seed) {
    this.session = session;
    this.precision = precision;
    this.seed = seed;
    this.batchSize = batchSize;
    images = BatchFeed.of(session, set, BatchFeed.Use.EVALUATION, batchSize, 0, loading);
    counters = new Counters("evaluation.counters");
    order = new Batches(set.size(), set.size()).sequence();
    plans = new BatchPlans(images, batchSize, n -> plan(network, n));
    images.write();
  }

  private Evaluator(Evaluator other, Network network) {
    session = other.session;
    precision = LowPrecision.NONE;
    seed = other.seed;
    batchSize = other.batchSize;
    images = other.images;
    counters = other.counters;
    order = other.order;
    plans = new BatchPlans(images, batchSize, n -> plan(network, n));
  }

  /** An evaluator of another network of the session, in full precision, on the same images. */
  Evaluator of(Network network) {
    return new Evaluator(this, network);
  }

  private Plan plan(Network network, int batch) {
    Tensor position = images.cursor().read();
    Node input = images.batch(batch, position);
    Tensor labels = input.output(1);
    ForwardPass pass = ForwardPass.evaluation(precision.evaluationQuantizers(seed, position));
    Tensor logits = network.forward(input.output(0), pass);
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
    images.begin(0, order, 0);
    counters.clear(session);
    complete = plans.run(0, watch) == plans.batches().count();
    return counters.read(session);
  }

  /** As {@link #run(Watch)}, in a window of its own. */
  Metrics run(Watch watch, EnergyLog energy) {
    return run(watch, Phase.EVALUATION, energy);
  }

  /** As {@link #run(Watch)}, in a window of its own with this name. */
  Metrics run(Watch watch, String window, EnergyLog energy) {
    return energy.during(
        window,
        open -> {
          Metrics metrics = run(watch);
          open.addImages(metrics.images());
          open.add(work());
          return metrics;
        });
  }

  /** Operations and bytes of a run over all images. */
  Work work() {
    return plans.work(0, plans.batches().count());
  }

  /**
   * Loss and accuracy of a network with a given state dict, on a session of its own.
   *
   * @param loading how images are read that are not in memory
   */
  public static Metrics evaluate(
      Backend backend,
      Network network,
      Map<String, HostTensor> state,
      Pictures set,
      int batchSize,
      Loading loading) {
    return evaluate(backend, network, state, set, batchSize, loading, LowPrecision.NONE, 0);
  }

  /**
   * The same in low precision.
   *
   * @param precision what convolutions are followed by
   * @param seed key of stochastic rounding
   */
  public static Metrics evaluate(
      Backend backend,
      Network network,
      Map<String, HostTensor> state,
      Pictures set,
      int batchSize,
      Loading loading,
      LowPrecision precision,
      long seed) {
    return evaluate(
        backend,
        network,
        state,
        set,
        batchSize,
        loading,
        precision,
        seed,
        new StopSignal(),
        Phase.EVALUATION,
        EnergyLog.none());
  }

  /**
   * The same, unless it is to stop, in a window of its own.
   *
   * @param window its name
   * @param energy told of it
   * @throws StoppedException if it was asked to
   */
  public static Metrics evaluate(
      Backend backend,
      Network network,
      Map<String, HostTensor> state,
      Pictures set,
      int batchSize,
      Loading loading,
      LowPrecision precision,
      long seed,
      StopSignal stop,
      String window,
      EnergyLog energy) {
    Network grouped = network.inGroupsOf(backend.channelGroup());
    try (Session session = new Session(backend);
        Evaluator evaluator =
            new Evaluator(session, grouped, set, batchSize, loading, precision, seed)) {
      grouped.writeState(state, session::write);
      Metrics metrics = evaluator.run(batches -> !stop.isRequested(), window, energy);
      if (!evaluator.isComplete()) {
        throw new StoppedException("stopped in an evaluation");
      }
      return metrics;
    }
  }

  /** As the other method with {@link Loading#USUAL}. */
  public static Metrics evaluate(
      Backend backend,
      Network network,
      Map<String, HostTensor> state,
      Pictures set,
      int batchSize) {
    return evaluate(backend, network, state, set, batchSize, Loading.USUAL);
  }

  /** Whether the last run saw all images that could be read. */
  boolean isComplete() {
    return complete;
  }

  /** Number of different damaged images that were left out so far. */
  int damaged() {
    return images.damaged();
  }

  /** Ends reading; the session stays. */
  @Override
  public void close() {
    images.close();
  }
}
