package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * An operation on tensors: a value that says what is computed and which shapes result. The list is
 * closed; a backend says per op whether it supports it, and {@code verify} judges every one.
 */
public sealed interface Op
    permits LeafOp,
        FusedOp,
        ViewOp,
        Fill,
        Quantize,
        BatchNorm,
        BatchNormInference,
        BatchNormBackward,
        Select,
        SelectBackward,
        Relu,
        ReluBackward,
        Add,
        ProductOp,
        MaxPool2d,
        MaxPool2dBackward,
        AvgPool2d,
        AvgPool2dBackward,
        SoftmaxCrossEntropy,
        SoftmaxCrossEntropyBackward,
        CountMetrics,
        AddSign,
        SgdUpdate,
        UpdateAverage,
        Increment,
        Augment {

  /**
   * The results' shapes and types.
   *
   * @throws IllegalArgumentException if the operands do not fit, naming the op and the shapes
   */
  List<TensorSpec> infer(List<TensorSpec> inputs);

  /** The op's name, from which the names of its kernels, tests and benchmarks derive. */
  default String name() {
    return getClass().getSimpleName();
  }
}
