package io.earlybird.tickets;

import io.earlybird.models.Network;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.random.Philox;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.util.LinkedHashMap;
import java.util.Map;

/** Networks' states as training might leave them. */
public final class RandomState {
  private RandomState() {}

  /** A state whose scales, shifts and running statistics differ from channel to channel. */
  public static Map<String, HostTensor> of(Network network, long seed) {
    Map<String, HostTensor> state = new LinkedHashMap<>(network.initialState(seed));
    for (BatchNorm2d norm : network.batchNorms()) {
      int n = norm.channels();
      state.put(norm.weight().name(), uniform(seed, norm.weight().name(), -0.5, 1, n));
      state.put(norm.bias().name(), uniform(seed, norm.bias().name(), -0.3, 0.3, n));
      state.put(norm.runningMean().name(), uniform(seed, norm.name() + "m", -0.3, 0.3, n));
      state.put(norm.runningVar().name(), uniform(seed, norm.name() + "v", 0.5, 1.5, n));
      state.put(norm.batchesTracked().name(), HostTensor.scalar(7L));
    }
    return state;
  }

  /** The scales of a batch norm become so small that no mask keeps any. */
  static void kill(Map<String, HostTensor> state, long seed, String norm) {
    int n = state.get(norm + ".weight").shape().dim(0);
    state.put(norm + ".weight", uniform(seed, norm, 0, 1e-6, n));
  }

  /** Values that depend on seed and name. */
  static HostTensor uniform(long seed, String name, double low, double high, int... dims) {
    float[] values = new float[(int) TensorSpec.f32(dims).size()];
    Philox.fillUniform(seed, 0, Philox.hash(name, "test"), low, high, values);
    return HostTensor.of(values, dims);
  }
}
