package io.earlybird.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.backend.Backends;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.checkpoint.CheckpointInfo;
import io.earlybird.energy.Tally;
import io.earlybird.models.StandardNetwork;
import io.earlybird.tensor.HostTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** The files that the training of one network leaves: checkpoints, tickets, averaged weights. */
final class EpochCheckpoints implements AutoCloseable {
  /** The network with averaged weights. */
  static final String AVERAGED = "swa.safetensors";

  private final Path folder;
  private final RunContext context;
  private final Trainer trainer;
  private final EpochObserver observer;
  private final OriginalOutput original;
  private final CheckpointStore store;
  private final CheckpointContents contents;
  private String label = "training";

  /**
   * Prepares the files, and notes the kernel choices in the run's folder.
   *
   * @param folder where they go
   * @param observer what a search adds, or null
   * @param source of the file that the network came from, which may say how it was pruned
   */
  EpochCheckpoints(
      RunContext context,
      Path folder,
      StandardNetwork network,
      Trainer trainer,
      EpochObserver observer,
      Optional<CheckpointInfo> source) {
    this.folder = folder;
    this.context = context;
    this.trainer = trainer;
    this.observer = observer;
    boolean wantsOriginal = context.saving().pth() || OriginalOutput.isIn(folder);
    this.original =
        wantsOriginal
            ? new OriginalOutput(folder, network, context.settings(), observer != null)
            : null;
    this.store = new CheckpointStore(folder, context.saving().keepPolicy(), original);
    Map<String, String> kernels = Backends.choices(context.backend());
    this.contents = new CheckpointContents(context, trainer, network, kernels, source);
    context.folder().writeKernels(context.backend(), kernels);
  }

  /** What the user is told is being trained from now on. */
  void labelled(String label) {
    this.label = label;
  }

  /** Training begins with these weights at an epoch. */
  void begin(Map<String, HostTensor> weights, int epoch) {
    if (original != null && observer != null && epoch == 0) {
      original.init(weights);
    }
  }

  /**
   * Checks a checkpoint that is to be continued, finishes what was left unfinished when it was
   * written, and says what differs.
   *
   * @return its state
   */
  RunState resume(Checkpoint checkpoint) {
    checkpoint.requireNetwork(contents.networkJson(), store.newest());
    RunState state = RunState.of(checkpoint.tensors(), store.newest());
    trainer.restore(checkpoint.tensors(), state.epoch());
    if (!state.begun() && state.last().isPresent()) {
      store.complete(checkpoint, state.last().get().epoch(), state.best().orElseThrow().epoch());
    }
    contents.differenceTo(checkpoint.info().runtime()).ifPresent(context.progress()::say);
    return state;
  }

  /** Writes a ticket: the network at the start of an epoch. */
  void saveTicket(Ticket ticket, JsonNode configuration, RunState state, Tally energy) {
    new Checkpoint(trainer.state(), contents.info(state, configuration)).write(ticket.file());
    if (original != null) {
      original.ticket(checkpoint(state, energy), ticket.ratio(), ticket.epoch());
    }
  }

  /** Saves the present state, in the background. */
  void save(RunState state, Tally energy) {
    store.save(checkpoint(state, energy));
  }

  /** Saves the present state and waits until it is written. */
  void saveNow(RunState state, Tally energy) {
    save(state, energy);
    store.flush();
  }

  /** Waits until everything is written. */
  void flush() {
    store.flush();
  }

  /**
   * Saves the state after an epoch.
   *
   * @param record writes the epoch's lines, once its checkpoint is known to be finite
   */
  void saveEpoch(RunState state, Tally energy, Runnable record) {
    Checkpoint checkpoint = checkpoint(state, energy);
    record.run();
    int epoch = state.last().orElseThrow().epoch();
    store.saveEpoch(checkpoint, epoch, state.best().orElseThrow().epoch());
  }

  /** Writes the averaged network with its test accuracy in percent. */
  void saveAverage(RunState state, Tally energy, double accuracy) {
    ObjectNode configuration = context.settings().toJson();
    configuration.remove("precision");
    configuration.putObject("averaged").put("accuracy", accuracy);
    Map<String, HostTensor> averaged = trainer.averagedState();
    new Checkpoint(averaged, contents.info(state, configuration)).write(folder.resolve(AVERAGED));
    if (original != null) {
      original.averaged(checkpoint(state, energy), averaged, state.epoch(), accuracy);
    }
  }

  private Checkpoint checkpoint(RunState state, Tally energy) {
    Map<String, HostTensor> tensors = contents.trained();
    CheckpointContents.firstNonFinite(tensors)
        .ifPresent(
            name -> {
              throw diverged(name + " is not finite after step " + (trainer.step() - 1), state);
            });
    if (observer != null) {
      observer.save(tensors);
    }
    return contents.complete(tensors, state, energy);
  }

  /** See {@link CheckpointContents#info}. */
  CheckpointInfo info(RunState state, JsonNode configuration) {
    return contents.info(state, configuration);
  }

  /** Training cannot go on: says since when, and which checkpoint is good. */
  DivergedException diverged(String what, RunState state) {
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

  @Override
  public void close() {
    store.close();
  }
}
