package io.earlybird.training;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.MemoryException;
import io.earlybird.data.Batches;
import io.earlybird.data.Pictures;
import io.earlybird.energy.EnergyLog;
import io.earlybird.models.Network;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ForwardPass;
import io.earlybird.optim.Sgd;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.plan.Work;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.Increment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One network on one session, with its data and its optimizer: epochs are trained and evaluated
 * without the host taking part in a step. Everything a step changes is a variable of the session,
 * the learning rate, the step and the place in the epoch included, so that {@link #snapshot} is all
 * there is to save. Not thread-safe.
 */
public final class Trainer implements AutoCloseable {
  private final Session session;
  private final Network network;
  private final Recipe recipe;
  private final BatchFeed images;
  private final Counters counters = new Counters("counters");
  private final Variable step =
      new Variable("step", TensorSpec.of(DType.I64, 1), Variable.Kind.CONTROL);
  private final Sgd sgd;
  private final BatchPlans plans;
  private final Evaluator evaluator;
  private final AveragedNetwork averaged;
  private final int[] order;
  private int batchesDone;

  /**
   * Prepares training and evaluation. The network has no values until {@link #start} or {@link
   * #restore}.
   *
   * @param backend the device, which the caller keeps
   * @param loading how images are read that are not in memory
   * @throws EarlybirdException if there is not enough memory, saying how much was wanted for what
   */
  public Trainer(
      Backend backend,
      Network wanted,
      Pictures train,
      Pictures test,
      Recipe recipe,
      Loading loading) {
    this.network = wanted.inGroupsOf(backend.channelGroup());
    this.recipe = recipe;
    order = new int[train.size()];
    sgd =
        new Sgd(
            network.parameters(),
            network.batchNorms().stream().map(BatchNorm2d::weight).toList(),
            recipe.optimizer(),
            recipe.precision().optimizer(recipe.seed(), step.read()));
    session = new Session(backend);
    try {
      images =
          BatchFeed.of(
              session, train, BatchFeed.Use.TRAINING, recipe.batchSize(), recipe.seed(), loading);
      plans = new BatchPlans(images, recipe.batchSize(), this::plan);
      evaluator =
          new Evaluator(
              session,
              network,
              test,
              recipe.testBatchSize(),
              loading,
              recipe.precision(),
              recipe.seed());
      averaged =
          recipe.averages()
              ? new AveragedNetwork(
                  session, network, images, order, recipe.batchSize(), recipe.seed(), evaluator)
              : null;
      images.write();
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
  }

  /** As the other constructor with {@link Loading#USUAL}. */
  public Trainer(Backend backend, Network network, Pictures train, Pictures test, Recipe recipe) {
    this(backend, network, train, test, recipe, Loading.USUAL);
  }

  /** One step: batch, forward, loss, backward, update, counters. */
  private Plan plan(int batch) {
    Node input = images.batch(batch, step.read());
    Tensor labels = input.output(1);
    ForwardPass pass =
        ForwardPass.training(recipe.precision().quantizers(recipe.seed(), step.read()));
    Tensor logits = network.forward(input.output(0), pass);
    Tensor loss = logits.softmaxCrossEntropy(labels).output(0);
    List<Assign> assigns = new ArrayList<>(pass.assigns());
    assigns.addAll(sgd.step(loss).assigns());
    assigns.add(counters.count(logits, labels, loss, step.read()));
    assigns.add(step.assign(step.read().apply(new Increment(1))));
    assigns.add(images.advance(batch));
    try {
      return session.plan(List.of(), assigns);
    } catch (MemoryException e) {
      throw e.withBatchThatFits(batch);
    }
  }

  /**
   * Starts from a state dict with a fresh optimizer.
   *
   * @param epoch the epoch that training will begin with; it sets the step, on which crops depend
   * @throws EarlybirdException if the state dict does not fit the network
   */
  public void start(Map<String, HostTensor> state, int epoch) {
    network.writeState(state, session::write);
    sgd.momenta().forEach(m -> session.write(m, HostTensor.zeros(m.spec())));
    if (averaged != null) {
      averaged.clear();
    }
    session.write(step, HostTensor.scalar((long) epoch * batches().count()));
    beginEpoch(epoch);
  }

  /**
   * Gives the optimizer momenta in the place of its fresh ones.
   *
   * @param values by the parameters' names; the others stay as they are
   * @throws EarlybirdException if one has another shape than its parameter; nothing is written then
   */
  public void startMomenta(Map<String, HostTensor> values) {
    for (Variable p : network.parameters()) {
      HostTensor value = values.get(p.name());
      if (value != null && !value.spec().equals(p.spec())) {
        throw new EarlybirdException(
            "momentum of " + p.name() + ": expected " + p.spec() + ", found " + value.spec());
      }
    }
    for (Variable p : network.parameters()) {
      if (values.containsKey(p.name())) {
        session.write(sgd.momentumOf(p), values.get(p.name()));
      }
    }
  }

  /** Sets order, learning rate, cursor and counters for an epoch, counted from 0. */
  public void beginEpoch(int epoch) {
    beginOrder(epoch, 0);
    session.write(sgd.learningRate(), HostTensor.scalar(recipe.schedule().at(epoch)));
    session.write(images.cursor(), HostTensor.scalar(0L));
    counters.clear(session);
    batchesDone = 0;
  }

  private void beginOrder(int epoch, int firstBatch) {
    batches().shuffle(recipe.seed(), epoch, order);
    images.begin(epoch, order, firstBatch);
  }

  /**
   * Trains the rest of the epoch.
   *
   * @param watch asked after every batch
   * @return whether the epoch is complete
   */
  public boolean train(Watch watch) {
    batchesDone = plans.run(batchesDone, watch);
    return batchesDone == batches().count();
  }

  /**
   * Operations and bytes of training some batches of an epoch.
   *
   * @param first batch to begin with
   * @param end the batch after the last one
   */
  public Work work(int first, int end) {
    return plans.work(first, end);
  }

  /** Operations and bytes of an evaluation. */
  public Work evaluationWork() {
    return evaluator.work();
  }

  /** The plan of a whole batch, for measurements: what runs it takes a step. */
  public Plan stepPlan() {
    return plans.whole();
  }

  /** The epoch's sums so far. */
  public Metrics metrics() {
    return counters.read(session);
  }

  /** Loss and accuracy on the test images; of fewer images if the watch stops. */
  public Metrics evaluate(Watch watch) {
    return evaluator.run(watch);
  }

  /** As {@link #evaluate(Watch)}, in a window of its own with this name. */
  Metrics evaluate(Watch watch, String window, EnergyLog energy) {
    return evaluator.run(watch, window, energy);
  }

  /**
   * Takes the weights at the end of an epoch into their average.
   *
   * @return loss and accuracy of the averaged network on the test images
   * @throws IllegalStateException if the recipe does not average
   */
  public Metrics average(int epoch) {
    return average(epoch, EnergyLog.none());
  }

  /** As {@link #average(int)}, with a window for the statistics and one for the evaluation. */
  Metrics average(int epoch, EnergyLog energy) {
    if (averaged == null) {
      throw new IllegalStateException("the recipe does not average weights");
    }
    return averaged.take(epoch, energy);
  }

  /** The averaged network's state dict, statistics included; empty while there is none. */
  public Map<String, HostTensor> averagedState() {
    return averaged == null || averaged.models() == 0 ? Map.of() : averaged.state();
  }

  /** Loss and accuracy on the test images. */
  public Metrics evaluate() {
    return evaluate(batches -> true);
  }

  /** The batch-norm scales, one array {@code [C]} per layer in the order of masks. */
  public List<float[]> scales() {
    return network.batchNorms().stream().map(n -> session.read(n.weight()).floats()).toList();
  }

  /** The network's present state dict. */
  public Map<String, HostTensor> state() {
    return network.readState(session::read);
  }

  /**
   * Everything that training depends on but the data and the recipe, by variable name: parameters,
   * running statistics, momenta, learning rate, step, cursor and counters.
   */
  public Map<String, HostTensor> snapshot() {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    variables().forEach(v -> out.put(v.name(), session.read(v)));
    if (averaged != null) {
      averaged.save(out);
    }
    return out;
  }

  /**
   * Continues from a snapshot, in the middle of an epoch if it was taken there.
   *
   * @param epoch the epoch it was taken in
   * @throws EarlybirdException if a variable is missing or of another shape; nothing is written
   *     then
   */
  public void restore(Map<String, HostTensor> snapshot, int epoch) {
    for (Variable v : variables()) {
      HostTensor value = snapshot.get(v.name());
      if (value == null || !value.spec().equals(v.spec())) {
        throw new EarlybirdException(
            "checkpoint: expected " + v + ", found " + (value == null ? "nothing" : value.spec()));
      }
    }
    long cursor = (long) snapshot.get(images.cursor().name()).get(0);
    int size = batches().batchSize();
    int next = (int) Math.min((cursor + size - 1) / size, batches().count());
    if (cursor < 0 || cursor != Math.min(batches().start(next), images.size())) {
      throw new EarlybirdException("checkpoint: cursor " + cursor + " is at no batch of " + size);
    }
    variables().forEach(v -> session.write(v, snapshot.get(v.name())));
    if (averaged != null) {
      averaged.restore(snapshot);
    }
    batchesDone = next;
    beginOrder(epoch, next);
  }

  private List<Variable> variables() {
    List<Variable> out = new ArrayList<>(network.variables());
    out.addAll(sgd.momenta());
    out.addAll(
        List.of(
            network.batchNormMomentum(),
            sgd.learningRate(),
            step,
            images.cursor(),
            counters.variable()));
    return out;
  }

  /** How the training images are cut into batches. */
  public Batches batches() {
    return plans.batches();
  }

  /** Batches done in the present epoch. */
  public int batchesDone() {
    return batchesDone;
  }

  /** Whether the last evaluation saw all test images that could be read. */
  public boolean isEvaluated() {
    return evaluator.isComplete();
  }

  /** Seconds for which steps waited for images so far; NaN if they never have to. */
  public double waitedSeconds() {
    return images.waitedSeconds();
  }

  /** Number of different damaged images that were passed over so far, test images included. */
  public int damaged() {
    return images.damaged() + evaluator.damaged();
  }

  /** Global number of steps done. */
  public long step() {
    return session.read(step).buffer().getLong(0);
  }

  /** The network. */
  public Network network() {
    return network;
  }

  /** Bytes on the device: state with resident data, and scratch. */
  public long bytes() {
    return session.state().bytes() + session.scratchBytes();
  }

  @Override
  public void close() {
    images.close();
    evaluator.close();
    session.close();
  }
}
