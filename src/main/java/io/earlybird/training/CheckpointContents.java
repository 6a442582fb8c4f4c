package io.earlybird.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.BuildInfo;
import io.earlybird.backend.Backends;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.checkpoint.CheckpointInfo;
import io.earlybird.energy.Tally;
import io.earlybird.models.StandardNetwork;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What the checkpoints of a training hold, so that it can go on bit for bit. */
final class CheckpointContents {
  private static final String ENERGY = "run.energy";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RunContext context;
  private final Trainer trainer;
  private final StandardNetwork network;
  private final Map<String, String> kernels;
  private final Optional<CheckpointInfo> source;

  /**
   * The contents of one training's checkpoints.
   *
   * @param kernels the kernel choices in force
   * @param source of the file that the network came from, which may say how it was pruned
   */
  CheckpointContents(
      RunContext context,
      Trainer trainer,
      StandardNetwork network,
      Map<String, String> kernels,
      Optional<CheckpointInfo> source) {
    this.context = context;
    this.trainer = trainer;
    this.network = network;
    this.kernels = kernels;
    this.source = source;
  }

  /** The network's state and what trains it. */
  Map<String, HostTensor> trained() {
    Map<String, HostTensor> tensors = new LinkedHashMap<>(trainer.state());
    tensors.putAll(trainer.snapshot());
    return tensors;
  }

  /** The name of the first tensor that is not finite. */
  static Optional<String> firstNonFinite(Map<String, HostTensor> tensors) {
    return tensors.entrySet().stream()
        .filter(e -> !isFinite(e.getValue()))
        .map(Map.Entry::getKey)
        .findFirst();
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
   * Everything that is needed to continue.
   *
   * @param tensors what was trained, to which the rest is added
   * @param energy of the epoch so far
   */
  Checkpoint complete(Map<String, HostTensor> tensors, RunState state, Tally energy) {
    state.save(tensors);
    tensors.put(ENERGY, energy.toTensor());
    ObjectNode configuration = context.settings().toJson();
    source.ifPresent(file -> PruningHistory.carry(file, configuration));
    return new Checkpoint(tensors, info(state, configuration));
  }

  /** The energy that a checkpoint's epoch came to before. */
  static Tally energy(Checkpoint checkpoint) {
    return Tally.ofTensor(checkpoint.tensors().get(ENERGY));
  }

  /**
   * What a checkpoint says besides its tensors.
   *
   * @param configuration the settings, and what else belongs to them
   */
  CheckpointInfo info(RunState state, JsonNode configuration) {
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

  /** The network as checkpoints describe it. */
  JsonNode networkJson() {
    return JSON.valueToTree(network.spec());
  }

  /**
   * Why the rest of a run may come out in other bits than without the stop; empty if it will not.
   */
  Optional<String> differenceTo(CheckpointInfo.Runtime before) {
    String then = place(before);
    String now = place(runtime());
    if (!then.equals(now)) {
      return Optional.of(
          String.format(
              "before the stop this ran on %s, now on %s: the rest may come out in other bits",
              then, now));
    }
    return kernels.entrySet().containsAll(before.kernels().entrySet())
        ? Optional.empty()
        : Optional.of("other kernels than before the stop: the rest may come out in other bits");
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
}
