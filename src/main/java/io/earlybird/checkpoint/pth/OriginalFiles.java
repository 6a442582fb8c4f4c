package io.earlybird.checkpoint.pth;

import io.earlybird.EarlybirdException;
import io.earlybird.models.Cfg;
import io.earlybird.tensor.HostTensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the original's files, with its names and keys, so that its programs and PyTorch load them.
 * State dicts are ordered maps from the original's keys to tensors, as a network gives them.
 */
public final class OriginalFiles {
  /** Name of the file with the weights before the first step. */
  public static final String INIT = "init.pth.tar";

  /** Name of the file with the best network of a search. */
  public static final String MODEL_BEST = "model_best.pth.tar";

  /** Name of the file with a retraining's newest network. */
  public static final String CHECKPOINT = "checkpoint.pth.tar";

  /** Name of the file with a pruned network. */
  public static final String PRUNED = "pruned.pth.tar";

  /** Name of the file with averaged weights. */
  public static final String SWA = "swa.pth.tar";

  private OriginalFiles() {}

  /**
   * What SGD needs besides the weights, as PyTorch saves it.
   *
   * @param momenta the momentum buffers by the parameters' names; those that have none are missing
   * @param learningRate in force
   * @param momentum factor
   * @param weightDecay factor
   */
  public record SgdState(
      Map<String, HostTensor> momenta, double learningRate, double momentum, double weightDecay) {
    /** Copies the map. */
    public SgdState {
      momenta = Map.copyOf(momenta);
    }
  }

  /**
   * Tensors under the keys that the original's low-precision programs give them: a quantizer stands
   * behind every convolution, which adds a level to its name.
   *
   * @param tensors a state dict or momenta, by the plain keys
   */
  public static Map<String, HostTensor> quantized(Map<String, HostTensor> tensors) {
    return StateKeys.quantized(tensors);
  }

  /**
   * Name of the file of an epoch of a search.
   *
   * @param epoch index of the epoch, from 0
   */
  public static String checkpoint(int epoch) {
    return "ckpt" + epoch + ".pth.tar";
  }

  /**
   * Name of a ticket's file.
   *
   * @param ratio pruning ratio, e.g. 0.3
   * @param epoch index of the epoch at whose start it was drawn, from 0
   */
  public static String ticket(double ratio, int epoch) {
    return "EB-" + Math.round(ratio * 100) + "-" + (epoch + 1) + ".pth.tar";
  }

  /** Writes {@code {state_dict}}. */
  public static void writeInit(Path file, Map<String, HostTensor> state) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("state_dict", stateDict(state));
    PthWriter.write(file, root);
  }

  /**
   * Writes {@code {epoch, state_dict, best_prec1, optimizer}}: a search's epoch, ticket or best
   * network, or a retraining's newest one.
   *
   * @param epoch epochs trained
   * @param best best test accuracy in percent
   * @throws EarlybirdException if it cannot be written; an old file stays as it was
   */
  public static void writeCheckpoint(
      Path file, int epoch, Map<String, HostTensor> state, double best, SgdState optimizer) {
    writeTrained(file, epoch, state, "best_prec1", best, optimizer);
  }

  /**
   * Writes {@code {epoch, state_dict, prec1, optimizer}}: averaged weights.
   *
   * @param accuracy test accuracy in percent
   */
  public static void writeSwa(
      Path file, int epoch, Map<String, HostTensor> state, double accuracy, SgdState optimizer) {
    writeTrained(file, epoch, state, "prec1", accuracy, optimizer);
  }

  /** Writes {@code {cfg, state_dict}}. */
  public static void writePruned(Path file, Cfg cfg, Map<String, HostTensor> state) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("cfg", cfg.toList());
    root.put("state_dict", stateDict(state));
    PthWriter.write(file, root);
  }

  private static void writeTrained(
      Path file,
      int epoch,
      Map<String, HostTensor> state,
      String accuracyKey,
      double accuracy,
      SgdState optimizer) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("epoch", epoch);
    root.put("state_dict", stateDict(state));
    root.put(accuracyKey, accuracy);
    root.put("optimizer", optimizer(optimizer, StateKeys.parameters(state.keySet())));
    PthWriter.write(file, root);
  }

  private static PickleWriter.OrderedDict stateDict(Map<String, HostTensor> state) {
    Map<String, Object> entries = new LinkedHashMap<>();
    state.forEach(
        (key, tensor) ->
            entries.put(
                key,
                StateKeys.isScalar(key) ? new PickleWriter.Shaped(tensor, new int[0]) : tensor));
    return new PickleWriter.OrderedDict(entries);
  }

  /** The form of torch.optim.SGD, whose parameters are numbered in the network's order. */
  private static Map<String, Object> optimizer(SgdState sgd, List<String> parameters) {
    Map<Object, Object> state = new LinkedHashMap<>();
    List<Object> numbers = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      numbers.add(i);
      HostTensor momentum = sgd.momenta().get(parameters.get(i));
      if (momentum != null) {
        state.put(i, Map.of("momentum_buffer", momentum));
      }
    }
    if (state.size() != sgd.momenta().size()) {
      throw new IllegalArgumentException("a momentum belongs to no parameter of the network");
    }
    Map<String, Object> group = new LinkedHashMap<>();
    group.put("lr", sgd.learningRate());
    group.put("momentum", sgd.momentum());
    group.put("dampening", 0);
    group.put("weight_decay", sgd.weightDecay());
    group.put("nesterov", false);
    group.put("params", numbers);
    Map<String, Object> optimizer = new LinkedHashMap<>();
    optimizer.put("state", state);
    optimizer.put("param_groups", List.of(group));
    return optimizer;
  }
}
