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
import io.earlybird.tensor.op.BatchNormReluBackwardAdd;
import io.earlybird.tensor.op.BatchNormStatistics;
import io.earlybird.tensor.op.CountMetrics;
import io.earlybird.tensor.op.Fill;
import io.earlybird.tensor.op.Increment;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.MaxPool2dBackward;
import io.earlybird.tensor.op.MultiQuantizedSgdUpdate;
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
    factories.put(Relu.class, activations(ElementwiseKernels::relu, 1));
    factories.put(ReluBackward.class, activations(ElementwiseKernels::reluBackward, 2));
    factories.put(Add.class, activations(ElementwiseKernels::add, 2));

    factories.put(Select.class, selecting(ChannelKernels::select, 1));
    factories.put(SelectBackward.class, selecting(ChannelKernels::selectBackward, 1));

    factories.put(BatchNorm.class, activations(BatchNormKernels::forward, 1));
    factories.put(BatchNormStatistics.class, activations(BatchNormKernels::statistics, 1));
    factories.put(BatchNormInference.class, activations(BatchNormKernels::inference, 1));
    factories.put(BatchNormBackward.class, activations(BatchNormKernels::backward, 2));
    factories.put(BatchNormInferenceRelu.class, selecting(BatchNormKernels::inferenceRelu, 1));
    factories.put(BatchNormRelu.class, selecting(BatchNormKernels::forwardRelu, 1));
    factories.put(BatchNormReluBackward.class, selecting(BatchNormKernels::backwardRelu, 2));
    factories.put(BatchNormReluBackwardAdd.class, selecting(BatchNormKernels::backwardReluAdd, 3));

    factories.put(MaxPool2d.class, activations(PoolingKernels::max, 1));
    factories.put(MaxPool2dBackward.class, activations(PoolingKernels::maxBackward, 1, 1));
    factories.put(AvgPool2d.class, activations(PoolingKernels::average, 1));
    factories.put(AvgPool2dBackward.class, activations(PoolingKernels::averageBackward, 1));

    factories.put(Augment.class, floats(AugmentKernels::augment, 0, 1, 2, 3, 4));
    factories.put(SoftmaxCrossEntropy.class, floats(LossKernels::softmaxCrossEntropy, 1));
    factories.put(
        SoftmaxCrossEntropyBackward.class, floats(LossKernels::softmaxCrossEntropyBackward, 1));
    factories.put(CountMetrics.class, floats(LossKernels::countMetrics, 0, 2, 4));

    factories.put(Quantize.class, floats(QuantizeKernels::quantize, 1));
    factories.put(AddSign.class, floats(OptimizerKernels::addSign));
    factories.put(SgdUpdate.class, floats(OptimizerKernels::sgdUpdate));
    factories.put(MultiSgdUpdate.class, floats(OptimizerKernels::multiSgdUpdate));
    factories.put(
        MultiQuantizedSgdUpdate.class,
        factory(
            (request, backend) -> QuantizedUpdateKernel.prepare(request),
            QuantizedUpdateKernel::supports));
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
    return factory(
        (request, backend) -> maker.prepare(request),
        (op, inputs) -> takesFloats(op, inputs, typed));
  }

  /** Makes a kernel for activations of an element type. */
  @FunctionalInterface
  private interface ActivationMaker {
    Kernel prepare(KernelRequest request, DType element);
  }

  /**
   * A factory for fp32 tensors that may be stored as bf16.
   *
   * @param count operands, the first ones, that may
   * @param typed operands whose type the op itself prescribes
   */
  private static KernelFactory activations(ActivationMaker maker, int count, int... typed) {
    return factory(
        (request, backend) ->
            maker.prepare(request, request.activations(count, backend.activations())),
        (op, inputs) -> takesFloats(op, inputs, typed));
  }

  /** The same, where channels are selected. */
  private static KernelFactory selecting(ActivationMaker maker, int count) {
    return factory(
        (request, backend) ->
            maker.prepare(request, request.activations(count, backend.activations())),
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
      BiFunction<KernelRequest, CpuBackend, Kernel> maker,
      BiFunction<Op, List<TensorSpec>, Support> supports) {
    return new KernelFactory() {
      @Override
      public Support supports(Op op, List<TensorSpec> inputs) {
        return supports.apply(op, inputs);
      }

      @Override
      public Kernel prepare(KernelRequest request, CpuBackend backend) {
        return maker.apply(request, backend);
      }
    };
  }
}
