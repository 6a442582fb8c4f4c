package io.earlybird.backend.opencl;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The list of OpenCL kernels: one factory per op. */
final class OpenClKernels {
  /** Kernels count elements in 32 bits. */
  private static final long MAX_ELEMENTS = Integer.MAX_VALUE;

  private OpenClKernels() {}

  /** Makes a kernel. */
  @FunctionalInterface
  private interface Maker {
    Kernel prepare(KernelRequest request, OpenClBackend backend);
  }

  /** Factories by class of op. An op that is absent has no OpenCL kernel. */
  static Map<Class<? extends Op>, OpenClKernelFactory> all() {
    Map<Class<? extends Op>, OpenClKernelFactory> all = new HashMap<>();
    all.put(Fill.class, floats(ElementwiseKernels::fill));
    all.put(Relu.class, floats(ElementwiseKernels::relu));
    all.put(ReluBackward.class, floats(ElementwiseKernels::reluBackward));
    all.put(Add.class, floats(ElementwiseKernels::add));

    all.put(Quantize.class, typed(QuantizeKernels::quantize, Set.of(1)));
    all.put(AddSign.class, floats(OptimizerKernels::addSign));
    all.put(SgdUpdate.class, floats(OptimizerKernels::sgdUpdate));
    all.put(MultiSgdUpdate.class, floats(OptimizerKernels::multiSgdUpdate));
    all.put(UpdateAverage.class, floats(OptimizerKernels::updateAverage));
    all.put(Increment.class, typed(OptimizerKernels::increment, Set.of(0)));

    all.put(Select.class, floats(ChannelKernels::select));
    all.put(SelectBackward.class, floats(ChannelKernels::selectBackward));
    all.put(BatchNorm.class, floats(BatchNormKernels::forward));
    all.put(BatchNormInference.class, floats(BatchNormKernels::inference));
    all.put(BatchNormInferenceRelu.class, floats(BatchNormKernels::inferenceRelu));
    all.put(BatchNormBackward.class, floats(BatchNormKernels::backward));
    all.put(BatchNormRelu.class, floats(BatchNormKernels::forwardRelu));
    all.put(BatchNormReluBackward.class, floats(BatchNormKernels::backwardRelu));

    all.put(MaxPool2d.class, floats(PoolingKernels::max));
    all.put(MaxPool2dBackward.class, typed(PoolingKernels::maxBackward, Set.of(1)));
    all.put(AvgPool2d.class, floats(PoolingKernels::average));
    all.put(AvgPool2dBackward.class, floats(PoolingKernels::averageBackward));

    all.put(SoftmaxCrossEntropy.class, typed(StepKernels::softmax, Set.of(1)));
    all.put(SoftmaxCrossEntropyBackward.class, typed(StepKernels::softmaxBackward, Set.of(1)));
    all.put(CountMetrics.class, typed(StepKernels::countMetrics, Set.of(0, 2, 4)));
    all.put(Augment.class, typed(StepKernels::augment, Set.of(0, 1, 2, 3, 4)));

    all.put(Conv2d.class, products(ConvolutionKernels::prepare));
    all.put(Conv2dBackwardData.class, products(ConvolutionKernels::prepare));
    all.put(Conv2dBackwardWeight.class, products(ConvolutionKernels::prepare));
    all.put(Linear.class, products(LinearKernels::forward));
    all.put(LinearBackwardData.class, products(LinearKernels::backwardData));
    all.put(LinearBackwardWeight.class, products(LinearKernels::backwardWeight));
    return Map.copyOf(all);
  }

  private static OpenClKernelFactory floats(Maker maker) {
    return typed(maker, Set.of());
  }

  /** A factory for fp32 operands, but for those whose type the op itself prescribes. */
  private static OpenClKernelFactory typed(Maker maker, Set<Integer> prescribed) {
    return new OpenClKernelFactory() {
      @Override
      public Support supports(Op op, List<TensorSpec> inputs) {
        for (int i = 0; i < inputs.size(); i++) {
          TensorSpec spec = inputs.get(i);
          boolean data = op instanceof Augment && i == 0;
          if ((spec.dtype() != DType.F32 && !prescribed.contains(i))
              || (spec.size() > MAX_ELEMENTS && !data)) {
            return Support.no(
                op.name()
                    + " on the opencl backend takes f32 of less than 2^31 elements, not "
                    + spec);
          }
        }
        return Support.YES;
      }

      @Override
      public Kernel prepare(KernelRequest request, OpenClBackend backend) {
        return maker.prepare(request, backend);
      }
    };
  }

  /** A factory for products of fp32 operands, none of them empty. */
  private static OpenClKernelFactory products(Maker maker) {
    OpenClKernelFactory floats = floats(maker);
    return new OpenClKernelFactory() {
      @Override
      public Support supports(Op op, List<TensorSpec> inputs) {
        return inputs.stream().allMatch(spec -> spec.size() > 0)
            ? floats.supports(op, inputs)
            : Support.no(op.name() + " on " + inputs + ": only non-empty operands");
      }

      @Override
      public Kernel prepare(KernelRequest request, OpenClBackend backend) {
        return maker.prepare(request, backend);
      }
    };
  }
}
