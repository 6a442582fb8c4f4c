package io.earlybird.tensor.op;

import io.earlybird.tensor.Tensor;
import java.util.List;

/**
 * Several ops in one kernel. It can always be taken apart again: a backend that lacks the fusion,
 * and the reference, run the constituents.
 */
public sealed interface FusedOp extends Op
    permits Conv2dEpilogue,
        BatchNormRelu,
        BatchNormInferenceRelu,
        BatchNormReluBackward,
        BatchNormReluBackwardAdd,
        BatchNormStatistics,
        NormProductOp,
        BatchNormReluConv2dBackward,
        MultiSgdUpdate,
        MultiQuantizedSgdUpdate {

  /** The same results from single ops, in the order of this op's results. */
  List<Tensor> decompose(List<Tensor> inputs);
}
