package io.earlybird.training;

import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.checkpoint.pth.OriginalFiles;
import io.earlybird.checkpoint.pth.OriginalFiles.SgdState;
import io.earlybird.models.Network;
import io.earlybird.nn.StateEntry;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Variable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The original's files beside ours, for its programs and for whatever else calls {@code
 * torch.load}: of a search {@code init}, {@code ckptN}, {@code model_best} and {@code EB-P-N}, of
 * retraining {@code checkpoint} and {@code model_best}, of averaged weights {@code swa}, all {@code
 * .pth.tar}. In low precision keys have the original's level more.
 */
final class OriginalOutput {
  private static final String MOMENTUM = "momentum.";

  private final Path folder;
  private final List<String> state;
  private final List<String> parameters;
  private final TrainingSettings training;
  private final boolean isSearch;
  private final boolean isQuantized;

  /**
   * Names what is written where.
   *
   * @param isSearch whether files have the names of a search or of retraining
   */
  OriginalOutput(Path folder, Network network, Settings settings, boolean isSearch) {
    this.folder = folder;
    this.state = network.state().stream().map(StateEntry::name).toList();
    this.parameters = network.parameters().stream().map(Variable::name).toList();
    this.training = settings.training();
    this.isQuantized = !settings.precision().lowPrecision(!isSearch).isFull();
    this.isSearch = isSearch;
  }

  /** Whether a folder holds such files, so that a resumed run goes on writing them. */
  static boolean isIn(Path folder) {
    return Files.exists(folder.resolve(OriginalFiles.INIT))
        || Files.exists(folder.resolve(OriginalFiles.CHECKPOINT));
  }

  /** The weights before the first step of a search. */
  void init(Map<String, HostTensor> weights) {
    OriginalFiles.writeInit(folder.resolve(OriginalFiles.INIT), keyed(weights));
  }

  /** The file of an epoch. */
  Path epochFile(int epoch) {
    return folder.resolve(isSearch ? OriginalFiles.checkpoint(epoch) : OriginalFiles.CHECKPOINT);
  }

  /** The best epoch's file. */
  Path bestFile() {
    return folder.resolve(OriginalFiles.MODEL_BEST);
  }

  /** Whether every epoch has a file of its own. */
  boolean hasFilePerEpoch() {
    return isSearch;
  }

  /**
   * Writes a finished epoch's file.
   *
   * @param epoch index of the epoch
   */
  void epoch(Checkpoint checkpoint, int epoch) {
    write(epochFile(epoch), checkpoint, epoch + 1, epoch);
  }

  /**
   * Writes a ticket's file, which counts the epoch that it was drawn before.
   *
   * @param checkpoint everything as it is at the start of that epoch
   */
  void ticket(Checkpoint checkpoint, double ratio, int epoch) {
    Path file = folder.resolve(OriginalFiles.ticket(ratio, epoch));
    write(file, checkpoint, epoch + 1, Math.max(0, epoch - 1));
  }

  private void write(Path file, Checkpoint checkpoint, int epoch, int lastTrained) {
    Map<String, HostTensor> tensors = checkpoint.tensors();
    Map<String, HostTensor> weights = new LinkedHashMap<>();
    state.forEach(name -> weights.put(name, tensors.get(name)));
    // The original counts its best accuracy from 0.
    double best = checkpoint.info().best();
    OriginalFiles.writeCheckpoint(
        file,
        epoch,
        keyed(weights),
        Double.isNaN(best) ? 0 : best,
        sgd(keyed(momenta(checkpoint)), lastTrained));
  }

  /**
   * Writes the averaged network, which the original keeps without quantizers.
   *
   * @param checkpoint of the network that is trained
   * @param weights the averaged ones
   * @param epoch index of the epoch that was averaged last
   * @param accuracy of the averaged network in percent
   */
  void averaged(
      Checkpoint checkpoint, Map<String, HostTensor> weights, int epoch, double accuracy) {
    OriginalFiles.writeSwa(
        folder.resolve(OriginalFiles.SWA),
        epoch + 1,
        weights,
        accuracy,
        sgd(momenta(checkpoint), epoch));
  }

  private Map<String, HostTensor> keyed(Map<String, HostTensor> tensors) {
    return isQuantized ? OriginalFiles.quantized(tensors) : tensors;
  }

  private Map<String, HostTensor> momenta(Checkpoint checkpoint) {
    Map<String, HostTensor> momenta = new LinkedHashMap<>();
    parameters.forEach(name -> momenta.put(name, checkpoint.tensors().get(MOMENTUM + name)));
    return momenta;
  }

  private SgdState sgd(Map<String, HostTensor> momenta, int lastTrained) {
    // As a decimal as short as the original's.
    double rate = Double.parseDouble(Float.toString(training.stepSchedule().at(lastTrained)));
    return new SgdState(momenta, rate, training.momentum(), training.weightDecay());
  }
}
