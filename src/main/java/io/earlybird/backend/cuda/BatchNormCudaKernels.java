package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_batch_norm;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_batch_norm_backward;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_batch_norm_inference;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_batch_norm_inference_relu;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_batch_norm_relu;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_batch_norm_relu_backward;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_batch_norm_scratch_bytes;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.cuda.ChannelCudaKernels.Selection;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.BatchNormInferenceRelu;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluBackward;

/** Batch norm, alone and fused with channel selection and ReLU, on plain rows of channels. */
final class BatchNormCudaKernels {
  private BatchNormCudaKernels() {}

  private static long scratch(Shape x) {
    return Math.max(1, eb_cuda_batch_norm_scratch_bytes(x.rows(), x.dim(-1)));
  }

  static Kernel forward(KernelRequest request, CudaBackend backend, DType element) {
    int type = OwnCudaKernel.code(element);
    Shape shape = request.inputs().get(0).shape();
    float epsilon = ((BatchNorm) request.op()).epsilon();
    long rows = shape.rows();
    int channels = shape.dim(-1);
    return OwnCudaKernel.activations(
            request,
            backend,
            1,
            element,
            b -> {
              var x = b.in(0);
              var gamma = b.in(1);
              var beta = b.in(2);
              var y = b.out(0);
              var mean = b.out(1);
              var variance = b.out(2);
              var room = b.room();
              var stream = b.stream();
              return () ->
                  eb_cuda_batch_norm(
                      type, x, gamma, beta, rows, channels, epsilon, y, mean, variance, room,
                      stream);
            })
        .withScratch(scratch(shape))
        .overwriting((output, input) -> output == 0 && input == 0);
  }

  static Kernel forwardRelu(KernelRequest request, CudaBackend backend, DType element) {
    int type = OwnCudaKernel.code(element);
    BatchNormRelu op = (BatchNormRelu) request.op();
    Shape shape = request.inputs().get(0).shape();
    long rows = shape.rows();
    int channels = shape.dim(-1);
    return OwnCudaKernel.activations(
            request,
            backend,
            1,
            element,
            b -> {
              Selection s = Selection.of(op.channels(), channels, b);
              var x = b.in(0);
              var gamma = b.in(1);
              var beta = b.in(2);
              var y = b.out(0);
              var mean = b.out(1);
              var variance = b.out(2);
              var room = b.room();
              var stream = b.stream();
              return () ->
                  eb_cuda_batch_norm_relu(
                      type,
                      x,
                      gamma,
                      beta,
                      rows,
                      channels,
                      s.selected(),
                      s.position(),
                      s.kept(),
                      op.epsilon(),
                      y,
                      mean,
                      variance,
                      room,
                      stream);
            })
        .withScratch(scratch(shape))
        .overwriting((output, input) -> output == 0 && input == 0 && op.channels() == null);
  }

  static Kernel inference(KernelRequest request, CudaBackend backend, DType element) {
    int type = OwnCudaKernel.code(element);
    Shape shape = request.inputs().get(0).shape();
    float epsilon = ((BatchNormInference) request.op()).epsilon();
    long rows = shape.rows();
    int channels = shape.dim(-1);
    return OwnCudaKernel.activations(
            request,
            backend,
            1,
            element,
            b -> {
              var x = b.in(0);
              var gamma = b.in(1);
              var beta = b.in(2);
              var mean = b.in(3);
              var variance = b.in(4);
              var y = b.out(0);
              var stream = b.stream();
              return () ->
                  eb_cuda_batch_norm_inference(
                      type, x, gamma, beta, mean, variance, rows, channels, epsilon, y, stream);
            })
        .overwriting((output, input) -> input == 0);
  }

  static Kernel inferenceRelu(KernelRequest request, CudaBackend backend, DType element) {
    int type = OwnCudaKernel.code(element);
    BatchNormInferenceRelu op = (BatchNormInferenceRelu) request.op();
    Shape shape = request.inputs().get(0).shape();
    long rows = shape.rows();
    int channels = shape.dim(-1);
    return OwnCudaKernel.activations(
            request,
            backend,
            1,
            element,
            b -> {
              Selection s = Selection.of(op.channels(), channels, b);
              var x = b.in(0);
              var gamma = b.in(1);
              var beta = b.in(2);
              var mean = b.in(3);
              var variance = b.in(4);
              var y = b.out(0);
              var stream = b.stream();
              return () ->
                  eb_cuda_batch_norm_inference_relu(
                      type,
                      x,
                      gamma,
                      beta,
                      mean,
                      variance,
                      rows,
                      channels,
                      s.selected(),
                      s.position(),
                      s.kept(),
                      op.epsilon(),
                      y,
                      stream);
            })
        .overwriting((output, input) -> input == 0 && op.channels() == null);
  }

  static Kernel backward(KernelRequest request, CudaBackend backend, DType element) {
    int type = OwnCudaKernel.code(element);
    Shape shape = request.inputs().get(0).shape();
    float epsilon = ((BatchNormBackward) request.op()).epsilon();
    long rows = shape.rows();
    int channels = shape.dim(-1);
    return OwnCudaKernel.activations(
            request,
            backend,
            2,
            element,
            b -> {
              var x = b.in(0);
              var dy = b.in(1);
              var mean = b.in(2);
              var variance = b.in(3);
              var gamma = b.in(4);
              var dx = b.out(0);
              var dgamma = b.out(1);
              var dbeta = b.out(2);
              var room = b.room();
              var stream = b.stream();
              return () ->
                  eb_cuda_batch_norm_backward(
                      type, x, dy, mean, variance, gamma, rows, channels, epsilon, dx, dgamma,
                      dbeta, room, stream);
            })
        .withScratch(scratch(shape))
        .overwriting((output, input) -> output == 0 && input < 2);
  }

  static Kernel backwardRelu(KernelRequest request, CudaBackend backend, DType element) {
    int type = OwnCudaKernel.code(element);
    BatchNormReluBackward op = (BatchNormReluBackward) request.op();
    Shape shape = request.inputs().get(0).shape();
    long rows = shape.rows();
    int channels = shape.dim(-1);
    return OwnCudaKernel.activations(
            request,
            backend,
            2,
            element,
            b -> {
              Selection s = Selection.of(op.channels(), channels, b);
              var x = b.in(0);
              var dy = b.in(1);
              var mean = b.in(2);
              var variance = b.in(3);
              var gamma = b.in(4);
              var beta = b.in(5);
              var dx = b.out(0);
              var dgamma = b.out(1);
              var dbeta = b.out(2);
              var room = b.room();
              var stream = b.stream();
              return () ->
                  eb_cuda_batch_norm_relu_backward(
                      type,
                      x,
                      dy,
                      mean,
                      variance,
                      gamma,
                      beta,
                      rows,
                      channels,
                      s.selected(),
                      s.position(),
                      s.kept(),
                      op.epsilon(),
                      dx,
                      dgamma,
                      dbeta,
                      room,
                      stream);
            })
        .withScratch(scratch(shape))
        .overwriting(
            (output, input) ->
                output == 0 && (input == 0 || (input == 1 && op.channels() == null)));
  }
}
