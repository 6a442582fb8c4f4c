package io.earlybird.training;

import io.earlybird.energy.EnergyLog;
import io.earlybird.energy.Phase;
import io.earlybird.models.Network;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ForwardPass;
import io.earlybird.optim.WeightAverage;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.Increment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The average of a network's weights over epochs (SWALP, section 3.2), in full precision: a network
 * of its own on the same session. After each average batch norm's statistics are taken anew over
 * the training pictures of the epoch, with its order and its crops.
 */
final class AveragedNetwork {
  private static final String MODELS = "average.models";
  private static final String PREFIX = "average.";

  private final Session session;
  private final Network trained;
  private final Network network;
  private final BatchFeed images;
  private final int[] order;
  private final Variable step =
      new Variable("average.step", TensorSpec.of(DType.I64, 1), Variable.Kind.CONTROL);
  private final WeightAverage average;
  private final Plan take;
  private final BatchPlans statistics;
  private final Evaluator evaluator;
  private int models;

  /**
   * Prepares averaging.
   *
   * @param trained the network whose weights are averaged
   * @param images the training pictures
   * @param order the epoch's order, which is read at its end
   * @param evaluator of the network that is trained
   */
  AveragedNetwork(
      Session session,
      Network trained,
      BatchFeed images,
      int[] order,
      int batchSize,
      long seed,
      Evaluator evaluator) {
    this.session = session;
    this.trained = trained;
    this.images = images;
    this.order = order;
    this.network = trained.withWidthsOf(trained.initialState(seed));
    this.average = new WeightAverage(trained.parameters(), network.parameters());
    this.take = session.plan(List.of(), average.assigns());
    this.statistics = new BatchPlans(images, batchSize, this::statistics);
    this.evaluator = evaluator.of(network);
  }

  private Plan statistics(int batch) {
    Node input = images.batch(batch, step.read());
    ForwardPass pass = ForwardPass.training();
    network.forward(input.output(0), pass);
    List<Assign> assigns = new ArrayList<>(pass.assigns());
    assigns.add(step.assign(step.read().apply(new Increment(1))));
    assigns.add(images.advance(batch));
    return session.plan(List.of(), assigns);
  }

  /** No network is averaged yet. */
  void clear() {
    models = 0;
    network.parameters().forEach(p -> session.write(p, HostTensor.zeros(p.spec())));
  }

  /** Takes in the present weights at the end of an epoch; returns the average's test figures. */
  Metrics take(int epoch, EnergyLog energy) {
    session.write(average.share(), HostTensor.scalar(WeightAverage.shareOf(models)));
    energy.during(
        Phase.BATCH_NORM,
        window -> {
          take.run();
          models++;
          estimate(epoch);
          int count = statistics.batches().count();
          window.add(take.work().plus(statistics.work(0, count)));
          window.addImages(statistics.batches().samples());
          return models;
        });
    return evaluator.run(batches -> true, energy);
  }

  private void estimate(int epoch) {
    for (BatchNorm2d norm : network.batchNorms()) {
      float[] ones = new float[norm.channels()];
      Arrays.fill(ones, 1);
      session.write(norm.runningMean(), HostTensor.zeros(norm.runningMean().spec()));
      session.write(norm.runningVar(), HostTensor.of(ones, ones.length));
      session.write(norm.batchesTracked(), HostTensor.scalar(0L));
    }
    int count = statistics.batches().count();
    session.write(step, HostTensor.scalar((long) epoch * count));
    session.write(images.cursor(), HostTensor.scalar(0L));
    images.begin(epoch, order, 0);
    writeShare(0);
    statistics.run(
        0,
        next -> {
          if (next < count) {
            writeShare(next);
          }
          return true;
        });
  }

  private void writeShare(int batch) {
    int last = statistics.batches().count() - 1;
    int size = batch == last ? statistics.batches().lastSize() : statistics.batches().batchSize();
    int seen = batch * statistics.batches().batchSize();
    session.write(
        network.batchNormMomentum(), HostTensor.scalar(WeightAverage.statisticsShare(size, seen)));
  }

  /** How many networks are averaged. */
  int models() {
    return models;
  }

  /** The averaged network's state dict; there must be one. */
  Map<String, HostTensor> state() {
    return network.readState(session::read);
  }

  /** Adds what is needed to go on averaging. */
  void save(Map<String, HostTensor> tensors) {
    tensors.put(MODELS, HostTensor.scalar((long) models));
    network.parameters().forEach(p -> tensors.put(PREFIX + p.name(), session.read(p)));
  }

  /** Goes on from what {@link #save} added; from nothing if it is not there. */
  void restore(Map<String, HostTensor> tensors) {
    clear();
    if (!tensors.containsKey(MODELS)) {
      return;
    }
    models = (int) tensors.get(MODELS).buffer().getLong(0);
    for (Variable p : trained.parameters()) {
      Variable averaged = network.parameters().get(trained.parameters().indexOf(p));
      session.write(averaged, tensors.get(PREFIX + p.name()));
    }
  }
}
