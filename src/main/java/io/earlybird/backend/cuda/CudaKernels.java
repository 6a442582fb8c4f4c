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
    all.put(Relu.class, activations(ElementwiseCudaKernels::relu, 1));
    all.put(ReluBackward.class, activations(ElementwiseCudaKernels::reluBackward, 2));
    all.put(Add.class, activations(ElementwiseCudaKernels::add, 2));

    all.put(Quantize.class, typed(QuantizeCudaKernels::quantize, Set.of(1)));
    all.put(AddSign.class, floats(OptimizerCudaKernels::addSign));
    all.put(SgdUpdate.class, floats(OptimizerCudaKernels::sgdUpdate));
    all.put(MultiSgdUpdate.class, floats(OptimizerCudaKernels::multiSgdUpdate));
    all.put(MultiQuantizedSgdUpdate.class, byRows(QuantizedUpdateCudaKernel::prepare));
    all.put(UpdateAverage.class, floats(OptimizerCudaKernels::updateAverage));
    all.put(Increment.class, typed(OptimizerCudaKernels::increment, Set.of(0)));

    all.put(Select.class, activations(ChannelCudaKernels::select, 1));
    all.put(SelectBackward.class, activations(ChannelCudaKernels::selectBackward, 1));
    all.put(BatchNorm.class, activations(BatchNormCudaKernels::forward, 1));
    all.put(BatchNormInference.class, activations(BatchNormCudaKernels::inference, 1));
    all.put(BatchNormInferenceRelu.class, activations(BatchNormCudaKernels::inferenceRelu, 1));
    all.put(BatchNormBackward.class, activations(BatchNormCudaKernels::backward, 2));
    all.put(BatchNormRelu.class, activations(BatchNormCudaKernels::forwardRelu, 1));
    all.put(BatchNormReluBackward.class, activations(BatchNormCudaKernels::backwardRelu, 2));

    all.put(MaxPool2d.class, activations(PoolingCudaKernels::max, 1));
    all.put(MaxPool2dBackward.class, activations(PoolingCudaKernels::maxBackward, 1, 1));
    all.put(AvgPool2d.class, activations(PoolingCudaKernels::average, 1));
    all.put(AvgPool2dBackward.class, activations(PoolingCudaKernels::averageBackward, 1));

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

  /** Makes a kernel for activations of an element type. */
  @FunctionalInterface
  private interface ActivationMaker {
    Kernel prepare(KernelRequest request, CudaBackend backend, DType element);
  }

  /**
   * A factory for fp32 tensors that may be stored as bf16.
   *
   * @param count operands, the first ones, that may
   * @param prescribed operands whose type the op itself prescribes
   */
  private static CudaKernelFactory activations(
      ActivationMaker maker, int count, Integer... prescribed) {
    return typed(
        (request, backend) ->
            maker.prepare(request, backend, request.activations(count, backend.activations())),
        Set.of(prescribed));
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
