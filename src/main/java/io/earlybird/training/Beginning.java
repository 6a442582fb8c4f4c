package io.earlybird.training;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.pth.OriginalCheckpoint;
import io.earlybird.checkpoint.pth.PthFile;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.tensor.HostTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Where a training begins that goes on with what the original trained: weights, momenta, epoch, and
 * the batch-norm scales of the epochs before, as far as their checkpoints lie beside it.
 *
 * @param source the checkpoint, named in messages
 * @param spec its network
 * @param state its state dict
 * @param momenta by the parameters' names; those that are missing begin at zero
 * @param epoch index of the epoch that is trained first
 * @param scales by epoch index, the scales at its start, one array {@code [C]} per batch norm in
 *     the network's order
 */
public record Beginning(
    Path source,
    NetworkSpec spec,
    Map<String, HostTensor> state,
    Map<String, HostTensor> momenta,
    int epoch,
    Map<Integer, List<float[]>> scales) {
  /** Copies the maps. */
  public Beginning {
    state = Collections.unmodifiableMap(new LinkedHashMap<>(state));
    momenta = Map.copyOf(momenta);
    scales = Collections.unmodifiableMap(new TreeMap<>(scales));
  }

  /**
   * Reads a checkpoint of the original.
   *
   * @param file {@code ckptN}, {@code model_best}, {@code EB-P-N}, {@code checkpoint}, {@code init}
   * @param first index of the first epoch; empty for the one after those that the file counts
   * @param remembered of how many epochs before the first one the scales are wanted
   * @throws EarlybirdException if it is none of the original's checkpoints, or damaged
   */
  public static Beginning read(Path file, OptionalInt first, int remembered) {
    if (!PthFile.isOne(file)) {
      throw new EarlybirdException(
          file + ": expected a checkpoint of PyTorch, or the folder of a run");
    }
    OriginalCheckpoint checkpoint = OriginalCheckpoint.read(file);
    SavedNetwork saved = OriginalNetworks.of(file, checkpoint);
    int epoch = first.orElse(Math.max(0, OriginalNetworks.epoch(file, checkpoint)));
    return new Beginning(
        file,
        saved.network().spec(),
        saved.state(),
        checkpoint.momenta(),
        epoch,
        scales(file, saved.network(), Math.max(0, epoch - remembered), epoch));
  }

  /** Fresh weights at an epoch. */
  public static Beginning fresh(NetworkSpec spec, long seed, int epoch) {
    Network network = Network.of(spec);
    return new Beginning(
        Path.of("--start-epoch"), spec, network.initialState(seed), Map.of(), epoch, Map.of());
  }

  /**
   * Checks that it is of a network.
   *
   * @throws EarlybirdException naming both
   */
  public void requireNetwork(NetworkSpec wanted) {
    if (!wanted.hasStateOf(spec)) {
      throw new EarlybirdException(source + ": holds " + spec + ", not " + wanted);
    }
  }

  /** The files beside it: {@code init} is before epoch 0, {@code ckptN} before epoch N+1. */
  private static Map<Integer, List<float[]>> scales(Path file, Network network, int from, int to) {
    Map<Integer, List<float[]>> scales = new TreeMap<>();
    for (int e = from; e < to; e++) {
      String name = e == 0 ? "init" : "ckpt" + (e - 1);
      Path sibling = file.resolveSibling(name + OriginalNames.SUFFIX);
      if (Files.isRegularFile(sibling)) {
        OriginalCheckpoint earlier = OriginalCheckpoint.read(sibling);
        scales.put(e, network.scales(earlier.stateFor(network)));
      }
    }
    return scales;
  }
}
