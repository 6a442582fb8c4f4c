package io.earlybird.backend.cuda;

import io.earlybird.backend.Precision;
import java.util.Map;

/**
 * How a CUDA backend works.
 *
 * @param device number of the device, from 0
 * @param precision of convolutions and matrix products
 * @param nondeterministic whether algorithms of cuDNN may be used that add in varying order
 * @param choices {@link CudaBackend#choices()} of an earlier run; what it lacks is measured
 */
public record CudaOptions(
    int device, Precision precision, boolean nondeterministic, Map<String, String> choices) {
  /** Copies. */
  public CudaOptions {
    choices = Map.copyOf(choices);
  }

  /** Device 0, IEEE fp32, deterministic, nothing recorded. */
  public static CudaOptions defaults() {
    return new CudaOptions(0, Precision.FP32, false, Map.of());
  }
}
