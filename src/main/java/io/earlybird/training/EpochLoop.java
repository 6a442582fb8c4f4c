package io.earlybird.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.BuildInfo;
import io.earlybird.backend.Backends;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.checkpoint.CheckpointInfo;
import io.earlybird.energy.EnergyLog;
import io.earlybird.energy.EnergyWindow;
import io.earlybird.energy.Phase;
import io.earlybird.energy.Tally;
import io.earlybird.energy.WindowEnergy;
import io.earlybird.models.Network;
import io.earlybird.plan.Work;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Trains one network epoch by epoch: learning rate and order, training, evaluation, records,
 * checkpoints. It can be stopped after any batch and continues there bit for bit.
 */
public final class EpochLoop implements AutoCloseable {
  /** What a search adds to training. */
  interface Observer {
    /**
     * An epoch is about to begin.
     *
     * @return whether training should end here, before the epoch
     */
    boolean epochBegins(int epoch);

    /** Operations and bytes of the last look at the masks. */
    Work work();

    /** Adds what it needs to continue. */
    void save(Map<String, HostTensor> tensors);
  }

  private static final String ENERGY = "run.energy";
  private static final long POLL_NANOS = 100_000_000L;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The network with averaged weights. */
  static final String AVERAGED = "swa.safetensors";

  private final Path folder;
  private final RunContext context;
  private final Trainer trainer;
  private final Records records;
  private final CheckpointStore store;
  private final Observer observer;
  private final OriginalOutput original;
  private final Map<String, String> kernels;
  private RunState state;
  private Tally tally = Tally.NONE;
  private EnergyWindow window;
  private int counted;
  private int trained;
  private String label;
  private CheckpointInfo source;
  private long lastPoll;
  private long lastSave;

  /**
   * Prepares the training of a network, which has no values until {@link #start} or {@link
   * #resume}.
   *
   * @param folder where checkpoints and {@code record.txt} go
   * @param observer what a search adds, or null
   */
  EpochLoop(RunContext context, Path folder, Records records, Network network, Observer observer) {
    this.context = context;
    this.folder = folder;
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
    boolean wantsOriginal = context.saving().pth() || OriginalOutput.isIn(folder);
    this.original =
        wantsOriginal
            ? new OriginalOutput(folder, network, context.settings(), observer != null)
            : null;
    this.store = new CheckpointStore(folder, context.saving().keepPolicy(), original);
    this.kernels = Backends.choices(context.backend());
    context.folder().writeKernels(context.backend(), kernels);
  }

  /** Begins with a state dict at an epoch, with a fresh optimizer. */
  void start(Map<String, HostTensor> weights, int epoch) {
    trainer.start(weights, epoch);
    records.begin();
    state = RunState.at(epoch);
    if (original != null && observer != null && epoch == 0) {
      original.init(weights);
    }
  }

  /** Begins with what another program trained; from here on the run can be resumed. */
  void start(Beginning from) {
    from.requireNetwork(trainer.network().spec());
    start(from.state(), from.epoch());
    trainer.startMomenta(from.momenta());
  }

  /** The trained network came from a file that may say how it was pruned. */
  void from(CheckpointInfo file) {
    source = file;
  }

  /** Writes a ticket: the network at the start of an epoch. */
  void saveTicket(Ticket ticket, JsonNode configuration) {
    new Checkpoint(trainer.state(), info(configuration)).write(ticket.file());
    if (original != null) {
      original.ticket(checkpoint(), ticket.ratio(), ticket.epoch());
    }
  }

  /** Saves the present state before the first epoch. */
  void saveStart() {
    store.save(checkpoint());
    store.flush();
  }

  /** Continues from a checkpoint of this loop. */
  void resume(Checkpoint checkpoint) {
    checkpoint.requireNetwork(networkJson(), store.newest());
    state = RunState.of(checkpoint.tensors(), store.newest());
    trainer.restore(checkpoint.tensors(), state.epoch());
    tally = Tally.ofTensor(checkpoint.tensors().get(ENERGY));
    records.continueAt(state);
    if (!state.begun() && state.last().isPresent()) {
      store.complete(checkpoint, state.last().get().epoch(), state.best().orElseThrow().epoch());
    }
    CheckpointInfo.Runtime before = checkpoint.info().runtime();
    CheckpointInfo.Runtime now = runtime();
    if (!place(before).equals(place(now))) {
      context
          .progress()
          .say(
              String.format(
                  "before the stop this ran on %s, now on %s: the rest may come out in other bits",
                  place(before), place(now)));
    } else if (!kernels.entrySet().containsAll(before.kernels().entrySet())) {
      context
          .progress()
          .say("other kernels than before the stop: the rest may come out in other bits");
    }
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
    try {
      lastSave = System.nanoTime();
      while (state.epoch() < epochs) {
        if (!state.begun() && begin()) {
          store.save(checkpoint());
          store.flush();
          return false;
        }
        epoch(epochs);
      }
      store.flush();
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
    tally = Tally.NONE;
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

  private void trainRest() {
    try (EnergyWindow training =
        context.energy().window(observer == null ? Phase.RETRAINING : Phase.SEARCH)) {
      window = training;
      counted = trainer.batchesDone();
      trained = counted;
      trainRest(training);
    } finally {
      window = null;
    }
  }

  /** The epoch's training window, and what earlier pieces of it came to. */
  private Tally tally() {
    return window == null ? tally : tally.plus(Tally.of(counted(window).soFar()));
  }

  /** Adds to the window what was trained since the last time. */
  private EnergyWindow counted(EnergyWindow training) {
    training.add(trainer.work(counted, trained));
    for (; counted < trained; counted++) {
      training.addImages(trainer.batches().size(counted));
    }
    return training;
  }

  private void trainRest(EnergyWindow training) {
    long from = System.nanoTime();
    double waitedBefore = trainer.waitedSeconds();
    long imagesBefore = trainer.metrics().images();
    lastPoll = from;
    boolean complete = trainer.train(batches -> goOn(batches, from, imagesBefore, waitedBefore));
    // An asynchronous device is waited for, so that the time is that of its steps.
    Metrics metrics = trainer.metrics();
    state = state.after((System.nanoTime() - from) * 1e-9, trainer.waitedSeconds() - waitedBefore);
    requireFinite(metrics);
    trained = trainer.batchesDone();
    WindowEnergy energy = counted(training).result();
    window = null;
    if (energy.images() > 0 || tally.pieces() == 0) {
      tally = tally.plus(Tally.of(energy));
    }
    if (complete) {
      records.energy(state.epoch(), false, tally.toMap(energy));
    }
    if (!complete) {
      stop();
    }
  }

  /** After every batch: allocates nothing unless it is time to look at the counters. */
  private boolean goOn(int batches, long from, long imagesBefore, double waitedBefore) {
    if (context.stop().isRequested()) {
      return false;
    }
    long now = System.nanoTime();
    if (now - lastPoll < POLL_NANOS) {
      return true;
    }
    lastPoll = now;
    Metrics soFar = trainer.metrics();
    context
        .progress()
        .batchesDone(batches, soFar, (soFar.images() - imagesBefore) / ((now - from) * 1e-9));
    if (soFar.firstNonFinite() >= 0) {
      return false;
    }
    if (context.saving().checkpointSeconds() > 0
        && now - lastSave > context.saving().checkpointSeconds() * 1_000_000_000L) {
      RunState before = state;
      state = state.after((now - from) * 1e-9, trainer.waitedSeconds() - waitedBefore);
      trained = batches;
      store.save(checkpoint());
      state = before;
      lastSave = System.nanoTime();
    }
    return true;
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
    Checkpoint checkpoint = checkpoint();
    records.epoch(row);
    store.saveEpoch(checkpoint, row.epoch(), state.best().orElseThrow().epoch());
    lastSave = System.nanoTime();
    context.progress().epochEnds(row);
  }

  /** Test accuracy of the averaged network in percent, which is saved; NaN if there is none. */
  private double average() {
    int epoch = state.epoch();
    if (!context.settings().precision().averages(epoch)) {
      return Double.NaN;
    }
    Metrics metrics = trainer.average(epoch, log(epoch));
    if (!Double.isFinite(metrics.lossSum())) {
      throw diverged("the test loss of the averaged network is not finite");
    }
    ObjectNode configuration = context.settings().toJson();
    configuration.remove("precision");
    configuration.putObject("averaged").put("accuracy", metrics.top1Percent());
    Map<String, HostTensor> averaged = trainer.averagedState();
    new Checkpoint(averaged, info(configuration)).write(folder.resolve(AVERAGED));
    if (original != null) {
      original.averaged(checkpoint(), averaged, epoch, metrics.top1Percent());
    }
    return metrics.top1Percent();
  }

  /** Windows within an epoch, after its first step. */
  private EnergyLog log(int epoch) {
    return new EnergyLog(context.energy(), w -> records.energy(epoch, false, w.toMap()));
  }

  private void stop() {
    store.save(checkpoint());
    store.flush();
    throw new StoppedException(
        String.format(
            "stopped in epoch %d of %s after %d of %d batches; the state is saved",
            state.epoch() + 1, label, trainer.batchesDone(), trainer.batches().count()));
  }

  private void requireFinite(Metrics metrics) {
    if (metrics.firstNonFinite() >= 0) {
      throw diverged("the loss is not finite since step " + metrics.firstNonFinite());
    }
  }

  private DivergedException diverged(String what) {
    store.flush();
    String good =
        Files.exists(store.newest())
            ? "the last good checkpoint is " + store.newest()
            : "there is no checkpoint yet";
    return new DivergedException(
        String.format(
            "%s (epoch %d of %s): training diverged; try a lower --lr; %s",
            what, state.epoch() + 1, label, good));
  }

  /** Everything that is needed to continue. */
  private Checkpoint checkpoint() {
    Map<String, HostTensor> tensors = new LinkedHashMap<>(trainer.state());
    tensors.putAll(trainer.snapshot());
    tensors.forEach(
        (name, value) -> {
          if (!isFinite(value)) {
            throw diverged(name + " is not finite after step " + (trainer.step() - 1));
          }
        });
    if (observer != null) {
      observer.save(tensors);
    }
    state.save(tensors);
    tensors.put(ENERGY, tally().toTensor());
    ObjectNode configuration = context.settings().toJson();
    if (source != null) {
      PruningHistory.carry(source, configuration);
    }
    return new Checkpoint(tensors, info(configuration));
  }

  private static boolean isFinite(HostTensor value) {
    if (value.dtype() != DType.F32) {
      return true;
    }
    for (float v : value.floats()) {
      if (!Float.isFinite(v)) {
        return false;
      }
    }
    return true;
  }

  /**
   * What a checkpoint of the present state says besides its tensors.
   *
   * @param configuration the settings, and what else belongs to them
   */
  CheckpointInfo info(JsonNode configuration) {
    Settings settings = context.settings();
    return new CheckpointInfo(
        BuildInfo.version(),
        settings.command(),
        networkJson(),
        configuration,
        state.epoch(),
        trainer.step(),
        state.best().map(EpochRow::testTop1).orElse(Double.NaN),
        state.last().map(EpochRow::testTop1).orElse(Double.NaN),
        Map.of("seed", settings.training().seed(), "step", trainer.step()),
        runtime());
  }

  private CheckpointInfo.Runtime runtime() {
    return new CheckpointInfo.Runtime(
        context.backend().name(),
        Backends.instructionSet(context.backend()),
        Backends.threads(context.backend()),
        kernels);
  }

  private static String place(CheckpointInfo.Runtime runtime) {
    return String.format(
        "backend %s with %s and %d threads", runtime.backend(), runtime.isa(), runtime.threads());
  }

  private JsonNode networkJson() {
    return JSON.valueToTree(trainer.network().spec());
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
    store.close();
    trainer.close();
  }
}
