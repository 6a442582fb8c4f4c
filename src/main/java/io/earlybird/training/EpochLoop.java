package io.earlybird.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.checkpoint.CheckpointInfo;
import io.earlybird.energy.EnergyLog;
import io.earlybird.energy.EnergyWindow;
import io.earlybird.energy.Phase;
import io.earlybird.energy.Tally;
import io.earlybird.models.StandardNetwork;
import io.earlybird.plan.Work;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Trains one network epoch by epoch: learning rate and order, training, evaluation, records,
 * checkpoints. It can be stopped after any batch and continues there bit for bit.
 */
public final class EpochLoop implements AutoCloseable {
  private final RunContext context;
  private final StandardNetwork network;
  private final Trainer trainer;
  private final Records records;
  private final EpochObserver observer;
  private final EpochCheckpoints checkpoints;
  private final TrainingEnergy energy;
  private final EpochWatch watch;
  private RunState state;
  private String label = "";

  /**
   * Prepares the training of a network, which has no values until {@link #start} or {@link
   * #resume}.
   *
   * @param folder where checkpoints and {@code record.txt} go
   * @param observer what a search adds, or null
   * @param source of the file that the network came from, which may say how it was pruned
   */
  EpochLoop(
      RunContext context,
      Path folder,
      Records records,
      StandardNetwork network,
      EpochObserver observer,
      Optional<CheckpointInfo> source) {
    this.context = context;
    this.network = network;
    this.records = records;
    this.observer = observer;
    this.trainer =
        new Trainer(
            context.backend(),
            network,
            context.train(),
            context.test(),
            context.settings().recipe(observer == null),
            context.settings().data().loading());
    this.checkpoints = new EpochCheckpoints(context, folder, network, trainer, observer, source);
    this.energy =
        new TrainingEnergy(context, trainer, observer == null ? Phase.RETRAINING : Phase.SEARCH);
    this.watch = new EpochWatch(context, trainer, this::saveInEpoch);
  }

  /** Begins with a state dict at an epoch, with a fresh optimizer. */
  void start(Map<String, HostTensor> weights, int epoch) {
    trainer.start(weights, epoch);
    records.begin();
    state = RunState.at(epoch);
    checkpoints.begin(weights, epoch);
  }

  /** Begins with what another program trained; from here on the run can be resumed. */
  void start(Beginning from) {
    from.requireNetwork(network.spec());
    start(from.state(), from.epoch());
    trainer.startMomenta(from.momenta());
  }

  /** Writes a ticket: the network at the start of an epoch. */
  void saveTicket(Ticket ticket, JsonNode configuration) {
    checkpoints.saveTicket(ticket, configuration, state, energy.soFar());
  }

  /** Saves the present state before the first epoch. */
  void saveStart() {
    checkpoints.saveNow(state, energy.soFar());
  }

  /** Continues from a checkpoint of this loop. */
  void resume(Checkpoint checkpoint) {
    state = checkpoints.resume(checkpoint);
    energy.begin(CheckpointContents.energy(checkpoint));
    records.continueAt(state);
  }

  /**
   * Trains until an epoch or until the observer ends it.
   *
   * @param epochs epochs in all; nothing happens if so many are done
   * @param label what the user is told is being trained
   * @return whether all are done
   * @throws StoppedException if the stop signal came; the state is saved
   * @throws DivergedException if a loss or weight is not finite; the last good checkpoint stands
   */
  boolean run(int epochs, String label) {
    this.label = label;
    checkpoints.labelled(label);
    try {
      watch.saved();
      while (state.epoch() < epochs) {
        if (!state.begun() && begin()) {
          checkpoints.saveNow(state, energy.soFar());
          return false;
        }
        epoch(epochs);
      }
      checkpoints.flush();
      return true;
    } finally {
      context.progress().epochClosed();
    }
  }

  /** Begins the epoch; returns whether training should end here. */
  private boolean begin() {
    boolean end = false;
    if (observer != null) {
      try (EnergyWindow masks = context.energy().window(Phase.MASK_DISTANCE)) {
        end = observer.epochBegins(state.epoch());
        masks.add(observer.work());
        records.energy(state.epoch(), true, masks.result().toMap());
      }
    }
    try (EnergyWindow order = context.energy().window(Phase.DATA_LOADING)) {
      trainer.beginEpoch(state.epoch());
      long images = trainer.batches().samples();
      order.add(Work.of(Work.Part.DATA, DType.I32, images, 0, 4 * images));
      records.energy(state.epoch(), true, order.result().toMap());
    }
    state = state.beginning();
    energy.begin(Tally.NONE);
    return end;
  }

  private void epoch(int epochs) {
    context
        .progress()
        .epochBegins(
            new Progress.Epoch(label, state.epoch(), epochs, trainer.batches().count()),
            trainer.batchesDone());
    trainRest();
    long from = System.nanoTime();
    Metrics test = evaluate();
    finish(test, (System.nanoTime() - from) * 1e-9);
  }

  private void trainRest() {
    energy.open();
    try {
      watch.begin();
      boolean complete = trainer.train(watch);
      // An asynchronous device is waited for, so that the time is that of its steps.
      Metrics metrics = trainer.metrics();
      state = watch.after(state);
      if (metrics.firstNonFinite() >= 0) {
        throw diverged("the loss is not finite since step " + metrics.firstNonFinite());
      }
      Map<String, Object> figures = energy.end();
      if (!complete) {
        stop();
      }
      records.energy(state.epoch(), false, figures);
    } finally {
      energy.abandon();
    }
  }

  /** A checkpoint in the middle of an epoch. */
  private void saveInEpoch(int batches) {
    checkpoints.save(watch.after(state), energy.soFar(batches));
  }

  private Metrics evaluate() {
    try (EnergyWindow evaluation = context.energy().window(Phase.EVALUATION)) {
      Metrics test = trainer.evaluate(batches -> !context.stop().isRequested());
      if (!trainer.isEvaluated()) {
        stop();
      }
      evaluation.addImages(test.images());
      evaluation.add(trainer.evaluationWork());
      records.energy(state.epoch(), false, evaluation.result().toMap());
      return test;
    }
  }

  private void finish(Metrics test, double testSeconds) {
    Metrics train = trainer.metrics();
    if (!Double.isFinite(test.lossSum())) {
      throw diverged("the test loss is not finite");
    }
    EpochRow row =
        new EpochRow(
            state.epoch(),
            context.settings().training().stepSchedule().at(state.epoch()),
            train.loss(),
            train.top1Percent(),
            test.loss(),
            test.top1Percent(),
            test.top5Percent(),
            train.images(),
            state.seconds(),
            testSeconds,
            state.waited(),
            trainer.damaged(),
            average());
    state = state.done(row);
    checkpoints.saveEpoch(state, energy.soFar(), () -> records.epoch(row));
    watch.saved();
    context.progress().epochEnds(row);
  }

  /** Test accuracy of the averaged network in percent, which is saved; NaN if there is none. */
  private double average() {
    if (!context.settings().precision().averages(state.epoch())) {
      return Double.NaN;
    }
    Metrics metrics = trainer.average(state.epoch(), log(state.epoch()));
    if (!Double.isFinite(metrics.lossSum())) {
      throw diverged("the test loss of the averaged network is not finite");
    }
    checkpoints.saveAverage(state, energy.soFar(), metrics.top1Percent());
    return metrics.top1Percent();
  }

  /** Windows within an epoch, after its first step. */
  private EnergyLog log(int epoch) {
    return new EnergyLog(context.energy(), w -> records.energy(epoch, false, w.toMap()));
  }

  private void stop() {
    checkpoints.saveNow(state, energy.soFar());
    throw new StoppedException(
        String.format(
            "stopped in epoch %d of %s after %d of %d batches; the state is saved",
            state.epoch() + 1, label, trainer.batchesDone(), trainer.batches().count()));
  }

  private DivergedException diverged(String what) {
    return checkpoints.diverged(what, state);
  }

  /**
   * What a checkpoint of the present state says besides its tensors.
   *
   * @param configuration the settings, and what else belongs to them
   */
  CheckpointInfo info(JsonNode configuration) {
    return checkpoints.info(state, configuration);
  }

  /** How far it is. */
  public RunState state() {
    return state;
  }

  /** The network with its present values, and what trains it. */
  public Trainer trainer() {
    return trainer;
  }

  @Override
  public void close() {
    checkpoints.close();
    trainer.close();
  }
}
