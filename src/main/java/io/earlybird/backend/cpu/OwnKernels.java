package io.earlybird.backend.cpu;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Support;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.AddSign;
import io.earlybird.tensor.op.Augment;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.AvgPool2dBackward;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.BatchNormInferenceRelu;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluBackward;
import io.earlybird.tensor.op.CountMetrics;
import io.earlybird.tensor.op.Fill;
import io.earlybird.tensor.op.Increment;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.MaxPool2dBackward;
import io.earlybird.tensor.op.MultiSgdUpdate;
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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** The list of the kernels that our own C++ library has. */
final class OwnKernels {
  private OwnKernels() {}

  /** Adds the factories of all own kernels. */
  static void register(Map<Class<? extends Op>, KernelFactory> factories) {
    factories.put(Fill.class, floats(ElementwiseKernels::fill));
    factories.put(Relu.class, floats(ElementwiseKernels::relu));
    factories.put(ReluBackward.class, floats(ElementwiseKernels::reluBackward));
    factories.put(Add.class, floats(ElementwiseKernels::add));

    factories.put(Select.class, selecting(ChannelKernels::select));
    factories.put(SelectBackward.class, selecting(ChannelKernels::selectBackward));

    factories.put(BatchNorm.class, floats(BatchNormKernels::forward));
    factories.put(BatchNormInference.class, floats(BatchNormKernels::inference));
    factories.put(BatchNormBackward.class, floats(BatchNormKernels::backward));
    factories.put(BatchNormInferenceRelu.class, selecting(BatchNormKernels::inferenceRelu));
    factories.put(BatchNormRelu.class, selecting(BatchNormKernels::forwardRelu));
    factories.put(BatchNormReluBackward.class, selecting(BatchNormKernels::backwardRelu));

    factories.put(MaxPool2d.class, floats(PoolingKernels::max));
    factories.put(MaxPool2dBackward.class, floats(PoolingKernels::maxBackward, 1));
    factories.put(AvgPool2d.class, floats(PoolingKernels::average));
    factories.put(AvgPool2dBackward.class, floats(PoolingKernels::averageBackward));

    factories.put(Augment.class, floats(AugmentKernels::augment, 0, 1, 2, 3, 4));
    factories.put(SoftmaxCrossEntropy.class, floats(LossKernels::softmaxCrossEntropy, 1));
    factories.put(
        SoftmaxCrossEntropyBackward.class, floats(LossKernels::softmaxCrossEntropyBackward, 1));
    factories.put(CountMetrics.class, floats(LossKernels::countMetrics, 0, 2, 4));

    factories.put(Quantize.class, floats(QuantizeKernels::quantize, 1));
    factories.put(AddSign.class, floats(OptimizerKernels::addSign));
    factories.put(SgdUpdate.class, floats(OptimizerKernels::sgdUpdate));
    factories.put(MultiSgdUpdate.class, floats(OptimizerKernels::multiSgdUpdate));
    factories.put(UpdateAverage.class, floats(OptimizerKernels::updateAverage));
    factories.put(Increment.class, floats(OptimizerKernels::increment, 0));
  }

  /** Makes a kernel from a request alone. */
  @FunctionalInterface
  private interface Maker {
    Kernel prepare(KernelRequest request);
  }

  /**
   * A factory for fp32 operands.
   *
   * @param typed operands whose type the op itself prescribes
   */
  private static KernelFactory floats(Maker maker, int... typed) {
    return factory(maker, (op, inputs) -> takesFloats(op, inputs, typed));
  }

  /** A factory for fp32 operands of which channels are selected. */
  private static KernelFactory selecting(Maker maker) {
    return factory(
        maker,
        (op, inputs) -> {
          Support floats = takesFloats(op, inputs);
          return floats.ok() ? ChannelKernels.supports(op, inputs) : floats;
        });
  }

  private static Support takesFloats(Op op, List<TensorSpec> inputs, int... typed) {
    for (int i = 0; i < inputs.size(); i++) {
      int operand = i;
      DType dtype = inputs.get(i).dtype();
      if (dtype != DType.F32 && Arrays.stream(typed).noneMatch(t -> t == operand)) {
        return Support.no(op.name() + " on the cpu backend takes f32, not " + inputs.get(i));
      }
    }
    return Support.YES;
  }

  private static KernelFactory factory(
      Maker maker, BiFunction<Op, List<TensorSpec>, Support> supports) {
    return new KernelFactory() {
      @Override
      public Support supports(Op op, List<TensorSpec> inputs) {
        return supports.apply(op, inputs);
      }

      @Override
      public Kernel prepare(KernelRequest request, CpuBackend backend) {
        return maker.prepare(request);
      }
    };
  }
}
