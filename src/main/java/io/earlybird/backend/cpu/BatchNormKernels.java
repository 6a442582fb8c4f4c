package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_backward_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_backward_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_inference_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_inference_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_inference_relu_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_inference_relu_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_relu_backward_add_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_relu_backward_add_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_relu_backward_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_relu_backward_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_relu_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_relu_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_scratch_bytes;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_statistics_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_batch_norm_statistics_f32;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.BatchNormInferenceRelu;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluBackward;
import io.earlybird.tensor.op.BatchNormReluBackwardAdd;
import io.earlybird.tensor.op.Channels;
import java.util.List;

/**
 * Batch norm on plain rows of channels. Its result may take the place of {@code x}, and its
 * gradient that of {@code x} or {@code dy}.
 */
final class BatchNormKernels {
  private BatchNormKernels() {}

  private static long scratch(KernelRequest request) {
    Shape x = request.inputs().get(0).shape();
    return eb_batch_norm_scratch_bytes(x.rows(), x.dim(-1));
  }

  static Kernel forward(KernelRequest request, DType element) {
    Shape shape = request.inputs().get(0).shape();
    long rows = shape.rows();
    int channels = shape.dim(-1);
    float epsilon = ((BatchNorm) request.op()).epsilon();
    return OwnKernel.activations(
            request,
            1,
            element,
            b -> {
              var gamma = b.in(1);
              var beta = b.in(2);
              var mean = b.out(1);
              var variance = b.out(2);
              var room = b.room();
              if (element == DType.BF16) {
                var x = b.shortsIn(0);
                var y = b.shortsOut(0);
                return () ->
                    eb_batch_norm_bf16(
                        x, gamma, beta, rows, channels, epsilon, y, mean, variance, room);
              }
              var x = b.in(0);
              var y = b.out(0);
              return () ->
                  eb_batch_norm_f32(
                      x, gamma, beta, rows, channels, epsilon, y, mean, variance, room);
            })
        .withScratch(scratch(request))
        .overwriting((output, input) -> output == 0 && input == 0);
  }

  static Kernel forwardRelu(KernelRequest request, DType element) {
    BatchNormRelu op = (BatchNormRelu) request.op();
    Shape shape = request.inputs().get(0).shape();
    long rows = shape.rows();
    int channels = shape.dim(-1);
    long kept = kept(op.channels(), channels);
    return OwnKernel.activations(
            request,
            1,
            element,
            b -> {
              var selected = ChannelKernels.numbers(op.channels());
              var gamma = b.in(1);
              var beta = b.in(2);
              var mean = b.out(1);
              var variance = b.out(2);
              var room = b.room();
              if (element == DType.BF16) {
                var x = b.shortsIn(0);
                var y = b.shortsOut(0);
                return () ->
                    eb_batch_norm_relu_bf16(
                        x,
                        gamma,
                        beta,
                        rows,
                        channels,
                        selected,
                        kept,
                        op.epsilon(),
                        y,
                        mean,
                        variance,
                        room);
              }
              var x = b.in(0);
              var y = b.out(0);
              return () ->
                  eb_batch_norm_relu_f32(
                      x,
                      gamma,
                      beta,
                      rows,
                      channels,
                      selected,
                      kept,
                      op.epsilon(),
                      y,
                      mean,
                      variance,
                      room);
            })
        .withScratch(scratch(request))
        .overwriting((output, input) -> op.channels() == null && output == 0 && input == 0);
  }

  static Kernel statistics(KernelRequest request, DType element) {
    Shape shape = request.inputs().get(0).shape();
    long rows = shape.rows();
    int channels = shape.dim(-1);
    List<Form> results = request.outputs().stream().map(Form::plain).toList();
    return OwnKernel.of(
            request,
            request.plainInputs(1, element),
            results,
            b -> {
              var mean = b.out(0);
              var variance = b.out(1);
              var room = b.room();
              if (element == DType.BF16) {
                var x = b.shortsIn(0);
                return () -> eb_batch_norm_statistics_bf16(x, rows, channels, mean, variance, room);
              }
              var x = b.in(0);
              return () -> eb_batch_norm_statistics_f32(x, rows, channels, mean, variance, room);
            })
        .withScratch(scratch(request));
  }

  static Kernel inference(KernelRequest request, DType element) {
    Shape shape = request.inputs().get(0).shape();
    long rows = shape.rows();
    int channels = shape.dim(-1);
    float epsilon = ((BatchNormInference) request.op()).epsilon();
    return OwnKernel.activations(
            request,
            1,
            element,
            b -> {
              var gamma = b.in(1);
              var beta = b.in(2);
              var mean = b.in(3);
              var variance = b.in(4);
              var room = b.room();
              if (element == DType.BF16) {
                var x = b.shortsIn(0);
                var y = b.shortsOut(0);
                return () ->
                    eb_batch_norm_inference_bf16(
                        x, gamma, beta, mean, variance, rows, channels, epsilon, y, room);
              }
              var x = b.in(0);
              var y = b.out(0);
              return () ->
                  eb_batch_norm_inference_f32(
                      x, gamma, beta, mean, variance, rows, channels, epsilon, y, room);
            })
        .withScratch(scratch(request))
        .overwriting((output, input) -> input == 0);
  }

  static Kernel inferenceRelu(KernelRequest request, DType element) {
    BatchNormInferenceRelu op = (BatchNormInferenceRelu) request.op();
    Shape shape = request.inputs().get(0).shape();
    long rows = shape.rows();
    int channels = shape.dim(-1);
    long kept = kept(op.channels(), channels);
    return OwnKernel.activations(
            request,
            1,
            element,
            b -> {
              var selected = ChannelKernels.numbers(op.channels());
              var gamma = b.in(1);
              var beta = b.in(2);
              var mean = b.in(3);
              var variance = b.in(4);
              var room = b.room();
              if (element == DType.BF16) {
                var x = b.shortsIn(0);
                var y = b.shortsOut(0);
                return () ->
                    eb_batch_norm_inference_relu_bf16(
                        x,
                        gamma,
                        beta,
                        mean,
                        variance,
                        rows,
                        channels,
                        selected,
                        kept,
                        op.epsilon(),
                        y,
                        room);
              }
              var x = b.in(0);
              var y = b.out(0);
              return () ->
                  eb_batch_norm_inference_relu_f32(
                      x,
                      gamma,
                      beta,
                      mean,
                      variance,
                      rows,
                      channels,
                      selected,
                      kept,
                      op.epsilon(),
                      y,
                      room);
            })
        .withScratch(scratch(request))
        .overwriting((output, input) -> op.channels() == null && input == 0);
  }

  static Kernel backward(KernelRequest request, DType element) {
    Shape shape = request.inputs().get(0).shape();
    long rows = shape.rows();
    int channels = shape.dim(-1);
    float epsilon = ((BatchNormBackward) request.op()).epsilon();
    return OwnKernel.activations(
            request,
            2,
            element,
            b -> {
              var mean = b.in(2);
              var variance = b.in(3);
              var gamma = b.in(4);
              var dgamma = b.out(1);
              var dbeta = b.out(2);
              var room = b.room();
              if (element == DType.BF16) {
                var x = b.shortsIn(0);
                var dy = b.shortsIn(1);
                var dx = b.shortsOut(0);
                return () ->
                    eb_batch_norm_backward_bf16(
                        x, dy, mean, variance, gamma, rows, channels, epsilon, dx, dgamma, dbeta,
                        room);
              }
              var x = b.in(0);
              var dy = b.in(1);
              var dx = b.out(0);
              return () ->
                  eb_batch_norm_backward_f32(
                      x, dy, mean, variance, gamma, rows, channels, epsilon, dx, dgamma, dbeta,
                      room);
            })
        .withScratch(scratch(request))
        .overwriting((output, input) -> output == 0 && input < 2);
  }

  static Kernel backwardRelu(KernelRequest request, DType element) {
    BatchNormReluBackward op = (BatchNormReluBackward) request.op();
    return backwardRelu(request, element, op.epsilon(), op.channels(), false);
  }

  static Kernel backwardReluAdd(KernelRequest request, DType element) {
    BatchNormReluBackwardAdd op = (BatchNormReluBackwardAdd) request.op();
    return backwardRelu(request, element, op.epsilon(), op.channels(), true);
  }

  /** With another gradient of x, operand 2, that is added, or without. */
  private static Kernel backwardRelu(
      KernelRequest request, DType element, float epsilon, Channels chosen, boolean add) {
    Shape shape = request.inputs().get(0).shape();
    long rows = shape.rows();
    int channels = shape.dim(-1);
    long kept = kept(chosen, channels);
    int images = add ? 3 : 2;
    return OwnKernel.activations(
            request,
            images,
            element,
            b -> {
              var selected = ChannelKernels.numbers(chosen);
              var mean = b.in(images);
              var variance = b.in(images + 1);
              var gamma = b.in(images + 2);
              var beta = b.in(images + 3);
              var dgamma = b.out(1);
              var dbeta = b.out(2);
              var room = b.room();
              if (element == DType.BF16) {
                var x = b.shortsIn(0);
                var dy = b.shortsIn(1);
                var dx = b.shortsOut(0);
                if (!add) {
                  return () ->
                      eb_batch_norm_relu_backward_bf16(
                          x, dy, mean, variance, gamma, beta, rows, channels, selected, kept,
                          epsilon, dx, dgamma, dbeta, room);
                }
                var other = b.shortsIn(2);
                return () ->
                    eb_batch_norm_relu_backward_add_bf16(
                        x, dy, other, mean, variance, gamma, beta, rows, channels, selected, kept,
                        epsilon, dx, dgamma, dbeta, room);
              }
              var x = b.in(0);
              var dy = b.in(1);
              var dx = b.out(0);
              if (!add) {
                return () ->
                    eb_batch_norm_relu_backward_f32(
                        x, dy, mean, variance, gamma, beta, rows, channels, selected, kept, epsilon,
                        dx, dgamma, dbeta, room);
              }
              var other = b.in(2);
              return () ->
                  eb_batch_norm_relu_backward_add_f32(
                      x, dy, other, mean, variance, gamma, beta, rows, channels, selected, kept,
                      epsilon, dx, dgamma, dbeta, room);
            })
        .withScratch(scratch(request))
        .overwriting(
            (output, input) ->
                output == 0
                    && (input == 0 || (input == 1 && chosen == null) || (input == 2 && add)));
  }

  private static long kept(Channels selected, int channels) {
    return selected == null ? channels : selected.count();
  }
}
