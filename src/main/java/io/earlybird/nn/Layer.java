package io.earlybird.nn;

import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Variable;
import java.util.List;
import java.util.Map;

/** A layer that owns state: its entries in the state dict and their initial values. */
public sealed interface Layer
    permits Convolution, PointwiseConvolution, BatchNorm2d, ChannelSelection, FullyConnected {
  /** Stable name, for example {@code feature.0}. */
  String name();

  /** Its state in the original's order. */
  List<StateEntry> state();

  /**
   * Values before the first step. They are drawn per variable name, so that they depend on nothing
   * but the seed, the name and the shape.
   */
  Map<Variable, HostTensor> initialValues(long seed);
}
