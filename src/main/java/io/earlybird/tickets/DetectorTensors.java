package io.earlybird.tickets;

import io.earlybird.EarlybirdException;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A detector's state as tensors for a checkpoint: {@code masks} (u8 {@code [masks, channels]}),
 * {@code layers} (i32, channels per layer), {@code epochs} (i64: last, drawn, nearest; -1 for none)
 * and {@code nearest} (f64 {@code [1]}), each name after a prefix.
 */
public final class DetectorTensors {
  private DetectorTensors() {}

  /** The tensors of a state, by name. */
  public static Map<String, HostTensor> of(String prefix, EarlyBirdDetector.State state) {
    List<ChannelMask> masks = state.masks();
    int[] layers = masks.isEmpty() ? new int[0] : masks.get(0).layerSizes();
    int channels = Arrays.stream(layers).sum();
    byte[] bits = new byte[masks.size() * channels];
    for (int i = 0; i < masks.size(); i++) {
      System.arraycopy(masks.get(i).bytes(), 0, bits, i * channels, channels);
    }
    HostTensor epochs = HostTensor.zeros(TensorSpec.of(DType.I64, 3));
    epochs
        .buffer()
        .putLong(state.lastEpoch())
        .putLong(state.drawnEpoch())
        .putLong(state.nearestEpoch());
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    tensors.put(prefix + "masks", HostTensor.of(bits, masks.size(), channels));
    tensors.put(prefix + "layers", HostTensor.of(layers, layers.length));
    tensors.put(prefix + "epochs", epochs);
    tensors.put(
        prefix + "nearest",
        HostTensor.ofDoubles(TensorSpec.of(DType.F64, 1), new double[] {state.nearest()}));
    return tensors;
  }

  /**
   * The state that was stored under a prefix.
   *
   * @throws EarlybirdException if a tensor is missing or not as described above
   */
  public static EarlyBirdDetector.State read(String prefix, Map<String, HostTensor> tensors) {
    HostTensor masks = tensor(tensors, prefix + "masks", DType.U8, 2);
    HostTensor layers = tensor(tensors, prefix + "layers", DType.I32, 1);
    HostTensor epochs = tensor(tensors, prefix + "epochs", DType.I64, 1);
    HostTensor nearest = tensor(tensors, prefix + "nearest", DType.F64, 1);
    if (epochs.shape().size() != 3 || nearest.shape().size() != 1) {
      throw new EarlybirdException(
          "detector state " + prefix + ": expected 3 epochs and 1 distance, found others");
    }
    int[] sizes = new int[layers.shape().dim(0)];
    layers.buffer().asIntBuffer().get(sizes);
    int channels = masks.shape().dim(1);
    List<ChannelMask> list = new ArrayList<>();
    for (int i = 0; i < masks.shape().dim(0); i++) {
      byte[] bits = new byte[channels];
      masks.buffer().get(i * channels, bits);
      list.add(ChannelMask.ofBytes(bits, sizes));
    }
    return new EarlyBirdDetector.State(
        list, epoch(epochs, 0), epoch(epochs, 1), nearest.get(0), epoch(epochs, 2));
  }

  private static int epoch(HostTensor epochs, int i) {
    return (int) epochs.buffer().getLong(8 * i);
  }

  private static HostTensor tensor(
      Map<String, HostTensor> tensors, String name, DType dtype, int rank) {
    HostTensor tensor = tensors.get(name);
    if (tensor == null || tensor.dtype() != dtype || tensor.shape().rank() != rank) {
      throw new EarlybirdException(
          String.format(
              "detector state: expected tensor %s of type %s and rank %d, found %s",
              name, dtype, rank, tensor == null ? "none" : tensor.spec()));
    }
    return tensor;
  }
}
