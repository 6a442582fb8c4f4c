package io.earlybird.training;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.data.Batches;
import io.earlybird.data.ImageSet;
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
  private final ResidentImages images;
  private final Counters counters = new Counters("counters");
  private final Variable step =
      new Variable("step", TensorSpec.of(DType.I64, 1), Variable.Kind.CONTROL);
  private final Sgd sgd;
  private final BatchPlans plans;
  private final Evaluator evaluator;
  private final int[] order;
  private int batchesDone;

  /**
   * Prepares training and evaluation. The network has no values until {@link #start} or {@link
   * #restore}.
   *
   * @param backend the device, which the caller keeps
   * @throws EarlybirdException if there is not enough memory, saying how much was wanted for what
   */
  public Trainer(Backend backend, Network network, ImageSet train, ImageSet test, Recipe recipe) {
    this.network = network;
    this.recipe = recipe;
    images = new ResidentImages("train", train);
    order = new int[train.size()];
    sgd =
        new Sgd(
            network.parameters(),
            network.batchNorms().stream().map(BatchNorm2d::weight).toList(),
            recipe.optimizer());
    session = new Session(backend);
    try {
      plans = new BatchPlans(train.size(), recipe.batchSize(), this::plan);
      evaluator = new Evaluator(session, network, test, recipe.testBatchSize());
      images.write(session);
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
  }

  /** One step: batch, forward, loss, backward, update, counters. */
  private Plan plan(int batch) {
    Node input = images.batch(batch, true, recipe.seed(), step.read());
    Tensor labels = input.output(1);
    ForwardPass pass = ForwardPass.training();
    Tensor logits = network.forward(input.output(0), pass);
    Tensor loss = logits.softmaxCrossEntropy(labels).output(0);
    List<Assign> assigns = new ArrayList<>(pass.assigns());
    assigns.addAll(sgd.step(loss).assigns());
    assigns.add(counters.count(logits, labels, loss, step.read()));
    assigns.add(step.assign(step.read().apply(new Increment(1))));
    assigns.add(images.advance(batch));
    return session.plan(List.of(), assigns);
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
    writeOrder(epoch);
    session.write(sgd.learningRate(), HostTensor.scalar(recipe.schedule().at(epoch)));
    session.write(images.cursor(), HostTensor.scalar(0L));
    counters.clear(session);
    batchesDone = 0;
  }

  private void writeOrder(int epoch) {
    batches().shuffle(recipe.seed(), epoch, order);
    images.writeOrder(session, order);
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
    batchesDone = next;
    writeOrder(epoch);
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
    session.close();
  }
}
