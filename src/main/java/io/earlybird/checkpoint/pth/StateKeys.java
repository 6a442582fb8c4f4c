package io.earlybird.checkpoint.pth;

import io.earlybird.tensor.HostTensor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** How the original names the entries of a state dict, and how we do. */
final class StateKeys {
  private static final String PARALLEL = "module.";
  private static final String WEIGHT = ".weight";
  private static final Pattern QUANTIZED = Pattern.compile("(feature\\.\\d+|conv1)\\.0\\.weight");
  private static final Pattern LEVEL = Pattern.compile("\\.0(\\.(weight|bias))$");
  private static final Pattern BUFFER =
      Pattern.compile("(.*\\.)?(running_mean|running_var|num_batches_tracked)");

  private StateKeys() {}

  /** Those entries that are parameters, in order: the numbers that optimizers use. */
  static List<String> parameters(Collection<String> keys) {
    return keys.stream().filter(key -> !BUFFER.matcher(key).matches()).toList();
  }

  /** Whether PyTorch keeps the entry as a single number without extents. */
  static boolean isScalar(String key) {
    return key.endsWith("num_batches_tracked");
  }

  /** Whether quantizers stand behind the convolutions, which adds a level to their names. */
  static boolean isLowPrecision(Collection<String> keys) {
    return withoutPrefix(keys).stream().anyMatch(key -> QUANTIZED.matcher(key).matches());
  }

  /**
   * The same entries under our names: without {@code module.} and without the level that quantizers
   * add; single numbers as {@code [1]}.
   */
  static Map<String, HostTensor> normalized(Map<String, HostTensor> raw) {
    boolean lowPrecision = isLowPrecision(raw.keySet());
    boolean parallel = isParallel(raw.keySet());
    Map<String, HostTensor> state = new LinkedHashMap<>();
    raw.forEach(
        (key, tensor) -> {
          String name = parallel ? key.substring(PARALLEL.length()) : key;
          if (lowPrecision && tensor.shape().rank() == 4) {
            name = LEVEL.matcher(name).replaceFirst("$1");
          }
          state.put(name, tensor.shape().rank() == 0 ? tensor.reshape(1) : tensor);
        });
    return state;
  }

  /** The opposite: every convolution's weight has a level more, {@code feature.0.0.weight}. */
  static Map<String, HostTensor> quantized(Map<String, HostTensor> state) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    state.forEach(
        (name, tensor) ->
            out.put(
                tensor.shape().rank() == 4 && name.endsWith(WEIGHT)
                    ? name.substring(0, name.length() - WEIGHT.length()) + ".0" + WEIGHT
                    : name,
                tensor));
    return out;
  }

  private static List<String> withoutPrefix(Collection<String> keys) {
    int from = isParallel(keys) ? PARALLEL.length() : 0;
    return keys.stream().map(key -> key.substring(from)).toList();
  }

  private static boolean isParallel(Collection<String> keys) {
    return keys.stream().allMatch(key -> key.startsWith(PARALLEL));
  }
}
