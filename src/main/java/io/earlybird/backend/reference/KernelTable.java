package io.earlybird.backend.reference;

import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.AddSign;
import io.earlybird.tensor.op.Augment;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.AvgPool2dBackward;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.CountMetrics;
import io.earlybird.tensor.op.Fill;
import io.earlybird.tensor.op.Increment;
import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.LinearBackwardData;
import io.earlybird.tensor.op.LinearBackwardWeight;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.MaxPool2dBackward;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.Quantize;
import io.earlybird.tensor.op.Relu;
import io.earlybird.tensor.op.ReluBackward;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SelectBackward;
import io.earlybird.tensor.op.SgdUpdate;
import io.earlybird.tensor.op.SoftmaxCrossEntropy;
import io.earlybird.tensor.op.SoftmaxCrossEntropyBackward;
import io.earlybird.tensor.op.UpdateAverage;
import java.util.HashMap;
import java.util.Map;

/** The reference kernel of every single op: all but leaves, views and fused ops. */
final class KernelTable {
  private static final Map<Class<? extends Op>, OpKernel<?>> KERNELS = new HashMap<>();

  static {
    add(Fill.class, ElementwiseKernels::fill);
    add(Conv2d.class, ConvolutionKernels::forward);
    add(Conv2dBackwardData.class, ConvolutionKernels::backwardData);
    add(Conv2dBackwardWeight.class, ConvolutionKernels::backwardWeight);
    add(Linear.class, LinearKernels::forward);
    add(LinearBackwardData.class, LinearKernels::backwardData);
    add(LinearBackwardWeight.class, LinearKernels::backwardWeight);
    add(BatchNorm.class, BatchNormKernels::forward);
    add(BatchNormInference.class, BatchNormKernels::inference);
    add(BatchNormBackward.class, BatchNormKernels::backward);
    add(Select.class, ElementwiseKernels::select);
    add(SelectBackward.class, ElementwiseKernels::selectBackward);
    add(Relu.class, ElementwiseKernels::relu);
    add(ReluBackward.class, ElementwiseKernels::reluBackward);
    add(Add.class, ElementwiseKernels::add);
    add(MaxPool2d.class, PoolingKernels::max);
    add(MaxPool2dBackward.class, PoolingKernels::maxBackward);
    add(AvgPool2d.class, PoolingKernels::average);
    add(AvgPool2dBackward.class, PoolingKernels::averageBackward);
    add(SoftmaxCrossEntropy.class, LossKernels::forward);
    add(SoftmaxCrossEntropyBackward.class, LossKernels::backward);
    add(CountMetrics.class, StepKernels::countMetrics);
    add(AddSign.class, StepKernels::addSign);
    add(SgdUpdate.class, StepKernels::sgdUpdate);
    add(UpdateAverage.class, StepKernels::updateAverage);
    add(Increment.class, StepKernels::increment);
    add(Augment.class, StepKernels::augment);
    add(Quantize.class, QuantizeKernels::quantize);
  }

  private KernelTable() {}

  private static <O extends Op> void add(Class<O> type, OpKernel<O> kernel) {
    KERNELS.put(type, kernel);
  }

  /** Whether there is a kernel for ops of this type. */
  static boolean has(Class<?> type) {
    return KERNELS.containsKey(type);
  }

  /** The kernel of an op, which must have one. */
  @SuppressWarnings("unchecked")
  static OpKernel<Op> of(Op op) {
    return (OpKernel<Op>) KERNELS.get(op.getClass());
  }
}
