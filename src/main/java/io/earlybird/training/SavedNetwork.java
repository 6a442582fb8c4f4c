package io.earlybird.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.checkpoint.CheckpointInfo;
import io.earlybird.checkpoint.pth.PthFile;
import io.earlybird.data.Pictures;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.models.StandardNetwork;
import io.earlybird.nn.StateEntry;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A network with its weights as a checkpoint holds it, whatever else is in the file.
 *
 * @param file where it came from
 * @param network the network that the file describes
 * @param state its state dict
 * @param info what else the file says
 */
public record SavedNetwork(
    Path file, StandardNetwork network, Map<String, HostTensor> state, CheckpointInfo info) {
  /** The component of {@link NetworkSpec}, as files write it. */
  static final String SIZE = "inputSize";

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Reads a file: ours, or one of the original's ({@code .pth.tar}). The kind is told from the
   * content. Of a {@code NAME.pth.tar} that does not exist, {@code NAME.safetensors} is taken.
   *
   * @throws EarlybirdException if it is no checkpoint, damaged, or lacks a tensor of its network
   */
  public static SavedNetwork read(Path file) {
    Path found = OriginalNames.existing(file);
    return PthFile.isOne(found) ? OriginalNetworks.read(found) : readOwn(found);
  }

  private static SavedNetwork readOwn(Path file) {
    Checkpoint checkpoint = Checkpoint.read(file);
    StandardNetwork network =
        Network.of(spec(checkpoint.info().network(), file), checkpoint.tensors());
    Map<String, TensorSpec> wanted = new LinkedHashMap<>();
    network.state().forEach((StateEntry e) -> wanted.put(e.name(), e.spec()));
    checkpoint.requireTensors(wanted, file);
    Map<String, HostTensor> state = new LinkedHashMap<>();
    wanted.keySet().forEach(name -> state.put(name, checkpoint.tensors().get(name)));
    return new SavedNetwork(file, network, state, checkpoint.info());
  }

  private static NetworkSpec spec(JsonNode json, Path file) {
    try {
      return JSON.treeToValue(json, NetworkSpec.class);
    } catch (JsonProcessingException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new EarlybirdException(
          file + ": no network that can be built: " + cause.getMessage(), e);
    }
  }

  /** In how many bits it was trained: full precision where the file does not say. */
  public LowPrecision precision() {
    return PrecisionSettings.recorded(info.configuration());
  }

  /** The seed of the run that it comes from, or 0. */
  public long seed() {
    JsonNode all = info.configuration();
    return all == null ? 0 : all.path("training").path("seed").asLong();
  }

  /**
   * The network for the pictures of a data set: itself or, where its weights fit pictures of any
   * size and its file names none, one for theirs.
   *
   * @throws EarlybirdException if it tells another number of classes apart, or takes another size
   */
  public SavedNetwork fitTo(Pictures set) {
    NetworkSpec spec = network.spec();
    if (spec.takesAnySize() && !info.network().has(SIZE) && spec.inputSize() != set.height()) {
      StandardNetwork other = Network.of(spec.withInputSize(set.height()), state);
      return new SavedNetwork(file, other, state, info).fitTo(set);
    }
    if (spec.classes() != set.classes() || spec.inputSize() != set.height()) {
      throw new EarlybirdException(
          String.format(
              "%s: a network for %d classes and %d pixels a side, but %s has %d and %d",
              file, spec.classes(), spec.inputSize(), set.name(), set.classes(), set.height()));
    }
    return this;
  }
}
