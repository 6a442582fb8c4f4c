package io.earlybird.backend.cuda;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The list of CUDA kernels: one factory per op. */
final class CudaKernels {
  /** Kernels count elements in 32 bits. */
  private static final long MAX_ELEMENTS = Integer.MAX_VALUE;

  private CudaKernels() {}

  /** Makes a kernel. */
  @FunctionalInterface
  private interface Maker {
    Kernel prepare(KernelRequest request, CudaBackend backend);
  }

  /** Factories by class of op. An op that is absent has no CUDA kernel. */
  static Map<Class<? extends Op>, CudaKernelFactory> all() {
    Map<Class<? extends Op>, CudaKernelFactory> all = new HashMap<>();
    all.put(Fill.class, floats(ElementwiseCudaKernels::fill));
    all.put(Relu.class, floats(ElementwiseCudaKernels::relu));
    all.put(ReluBackward.class, floats(ElementwiseCudaKernels::reluBackward));
    all.put(Add.class, floats(ElementwiseCudaKernels::add));

    all.put(Quantize.class, typed(QuantizeCudaKernels::quantize, Set.of(1)));
    all.put(AddSign.class, floats(OptimizerCudaKernels::addSign));
    all.put(SgdUpdate.class, floats(OptimizerCudaKernels::sgdUpdate));
    all.put(MultiSgdUpdate.class, floats(OptimizerCudaKernels::multiSgdUpdate));
    all.put(MultiQuantizedSgdUpdate.class, byRows(QuantizedUpdateCudaKernel::prepare));
    all.put(UpdateAverage.class, floats(OptimizerCudaKernels::updateAverage));
    all.put(Increment.class, typed(OptimizerCudaKernels::increment, Set.of(0)));

    all.put(Select.class, floats(ChannelCudaKernels::select));
    all.put(SelectBackward.class, floats(ChannelCudaKernels::selectBackward));
    all.put(BatchNorm.class, floats(BatchNormCudaKernels::forward));
    all.put(BatchNormInference.class, floats(BatchNormCudaKernels::inference));
    all.put(BatchNormInferenceRelu.class, floats(BatchNormCudaKernels::inferenceRelu));
    all.put(BatchNormBackward.class, floats(BatchNormCudaKernels::backward));
    all.put(BatchNormRelu.class, floats(BatchNormCudaKernels::forwardRelu));
    all.put(BatchNormReluBackward.class, floats(BatchNormCudaKernels::backwardRelu));

    all.put(MaxPool2d.class, floats(PoolingCudaKernels::max));
    all.put(MaxPool2dBackward.class, typed(PoolingCudaKernels::maxBackward, Set.of(1)));
    all.put(AvgPool2d.class, floats(PoolingCudaKernels::average));
    all.put(AvgPool2dBackward.class, floats(PoolingCudaKernels::averageBackward));

    all.put(SoftmaxCrossEntropy.class, typed(StepCudaKernels::softmax, Set.of(1)));
    all.put(SoftmaxCrossEntropyBackward.class, typed(StepCudaKernels::softmaxBackward, Set.of(1)));
    all.put(CountMetrics.class, typed(StepCudaKernels::countMetrics, Set.of(0, 2, 4)));
    all.put(Augment.class, typed(StepCudaKernels::augment, Set.of(0, 1, 2, 3, 4)));

    all.put(Conv2d.class, products(ConvolutionKernel::prepare));
    all.put(Conv2dBackwardData.class, products(ConvolutionKernel::prepare));
    all.put(Conv2dBackwardWeight.class, products(ConvolutionKernel::prepare));
    all.put(Linear.class, products(LinearCudaKernels::forward));
    all.put(LinearBackwardData.class, products(LinearCudaKernels::backwardData));
    all.put(LinearBackwardWeight.class, products(LinearCudaKernels::backwardWeight));
    return Map.copyOf(all);
  }

  private static CudaKernelFactory floats(Maker maker) {
    return typed(maker, Set.of());
  }

  /** A factory for fp32 operands, but for those whose type the op itself prescribes. */
  private static CudaKernelFactory typed(Maker maker, Set<Integer> prescribed) {
    return new CudaKernelFactory() {
      @Override
      public Support supports(Op op, List<TensorSpec> inputs) {
        for (int i = 0; i < inputs.size(); i++) {
          TensorSpec spec = inputs.get(i);
          boolean data = op instanceof Augment && i == 0;
          if ((spec.dtype() != DType.F32 && !prescribed.contains(i))
              || (spec.size() > MAX_ELEMENTS && !data)) {
            return Support.no(
                op.name()
                    + " on the cuda backend takes f32 of less than 2^31 elements, not "
                    + spec);
          }
        }
        return Support.YES;
      }

      @Override
      public Kernel prepare(KernelRequest request, CudaBackend backend) {
        return maker.prepare(request, backend);
      }
    };
  }

  /** A factory for the update in low precision, whose last operand may be the step's number. */
  private static CudaKernelFactory byRows(Maker maker) {
    return new CudaKernelFactory() {
      @Override
      public Support supports(Op op, List<TensorSpec> inputs) {
        MultiQuantizedSgdUpdate update = (MultiQuantizedSgdUpdate) op;
        if (!update.isByRows()) {
          return Support.no(
              op.name() + " on the cuda backend takes " + MultiQuantizedSgdUpdate.rowsWanted());
        }
        return floats(maker).supports(op, inputs.subList(0, 3 * update.items().size() + 1));
      }

      @Override
      public Kernel prepare(KernelRequest request, CudaBackend backend) {
        return maker.prepare(request, backend);
      }
    };
  }

  /** A factory for products of fp32 operands, none of them empty. */
  private static CudaKernelFactory products(Maker maker) {
    CudaKernelFactory floats = floats(maker);
    return new CudaKernelFactory() {
      @Override
      public Support supports(Op op, List<TensorSpec> inputs) {
        return inputs.stream().allMatch(spec -> spec.size() > 0)
            ? floats.supports(op, inputs)
            : Support.no(op.name() + " on " + inputs + ": only non-empty operands");
      }

      @Override
      public Kernel prepare(KernelRequest request, CudaBackend backend) {
        return maker.prepare(request, backend);
      }
    };
  }
}
