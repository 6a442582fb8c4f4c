package io.earlybird.backend.opencl;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.opencl.ChannelKernels.Selection;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.BatchNormInferenceRelu;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluBackward;
import io.earlybird.tensor.op.Channels;

/** Batch norm, alone and fused with channel selection and ReLU, on plain rows of channels. */
final class BatchNormKernels {
  private static final int LEAST_CHUNK = 64;
  private static final int MOST_CHUNKS = 256;

  private BatchNormKernels() {}

  /**
   * Rows of channels in chunks. The chunks depend on the shape alone: sums are the same on every
   * device with the same arithmetic.
   */
  record Rows(int rows, int channels) {
    static Rows of(Shape x) {
      return new Rows((int) x.rows(), x.dim(-1));
    }

    int chunk() {
      int chunk = Math.max(LEAST_CHUNK, (rows + MOST_CHUNKS - 1) / MOST_CHUNKS);
      return (chunk + Spread.LINE - 1) / Spread.LINE * Spread.LINE;
    }

    int chunks() {
      return (rows + chunk() - 1) / chunk();
    }

    /** Two sums per chunk and channel. */
    long partialBytes() {
      return 2L * Math.max(1, chunks()) * channels * Double.BYTES;
    }
  }

  static Kernel forward(KernelRequest request, OpenClBackend backend) {
    return forward(request, backend, ((BatchNorm) request.op()).epsilon(), null, false);
  }

  static Kernel forwardRelu(KernelRequest request, OpenClBackend backend) {
    BatchNormRelu op = (BatchNormRelu) request.op();
    return forward(request, backend, op.epsilon(), op.channels(), true);
  }

  private static Kernel forward(
      KernelRequest request,
      OpenClBackend backend,
      float epsilon,
      Channels channels,
      boolean relu) {
    Rows rows = Rows.of(request.inputs().get(0).shape());
    return OwnOpenClKernel.plain(
            request,
            backend,
            calls -> {
              Selection s = Selection.of(channels, rows.channels, calls);
              Spread spread = calls.spread();
              String defines = spread.sumDefines(rows.channels);
              calls
                  .call("batch_norm", defines, "batch_norm_sums_f32")
                  .in(0)
                  .numbers(rows.rows, rows.chunk(), rows.channels)
                  .room(0, Double.BYTES)
                  .each((long) rows.chunks() * spread.groups(rows.channels));
              calls
                  .call("batch_norm", defines, "batch_norm_statistics_f32")
                  .room(0, Double.BYTES)
                  .numbers(rows.chunks(), rows.rows, rows.channels)
                  .out(1, 2)
                  .rounds(rows.channels);
              apply(
                  calls
                      .call(
                          "batch_norm_inference",
                          defines(relu) + s.keptDefines(calls),
                          "batch_norm_apply_f32")
                      .in(0, 1, 2)
                      .out(1, 2),
                  rows,
                  s,
                  epsilon,
                  spread);
            })
        .withScratch(rows.partialBytes())
        .overwriting((output, input) -> output == 0 && input == 0 && channels == null);
  }

  private static String defines(boolean relu) {
    return "-DEB_RELU=" + (relu ? 1 : 0) + " ";
  }

  /** The last arguments of batch_norm_apply_f32 and its extent. */
  private static void apply(Calls.Call call, Rows rows, Selection s, float epsilon, Spread spread) {
    call.slice(s.selected(), Integer.BYTES)
        .numbers(rows.rows, rows.chunk(), rows.channels, s.kept())
        .number(epsilon)
        .out(0)
        .each((long) rows.chunks() * spread.rowGroups(s.kept()));
  }

  static Kernel inference(KernelRequest request, OpenClBackend backend) {
    return inference(request, backend, ((BatchNormInference) request.op()).epsilon(), null, false);
  }

  static Kernel inferenceRelu(KernelRequest request, OpenClBackend backend) {
    BatchNormInferenceRelu op = (BatchNormInferenceRelu) request.op();
    return inference(request, backend, op.epsilon(), op.channels(), true);
  }

  private static Kernel inference(
      KernelRequest request,
      OpenClBackend backend,
      float epsilon,
      Channels channels,
      boolean relu) {
    Rows rows = Rows.of(request.inputs().get(0).shape());
    return OwnOpenClKernel.plain(
            request,
            backend,
            calls -> {
              Selection s = Selection.of(channels, rows.channels, calls);
              apply(
                  calls
                      .call(
                          "batch_norm_inference",
                          defines(relu) + s.keptDefines(calls),
                          "batch_norm_apply_f32")
                      .in(0, 1, 2, 3, 4),
                  rows,
                  s,
                  epsilon,
                  calls.spread());
            })
        .overwriting((output, input) -> input == 0 && channels == null);
  }

  static Kernel backward(KernelRequest request, OpenClBackend backend) {
    return backward(request, backend, ((BatchNormBackward) request.op()).epsilon(), null, false);
  }

  static Kernel backwardRelu(KernelRequest request, OpenClBackend backend) {
    BatchNormReluBackward op = (BatchNormReluBackward) request.op();
    return backward(request, backend, op.epsilon(), op.channels(), true);
  }

  private static Kernel backward(
      KernelRequest request,
      OpenClBackend backend,
      float epsilon,
      Channels channels,
      boolean relu) {
    Rows rows = Rows.of(request.inputs().get(0).shape());
    int beta = relu ? 5 : 4; // without ReLU it is not read
    long tables = rows.partialBytes();
    return OwnOpenClKernel.plain(
            request,
            backend,
            calls -> {
              Selection s = Selection.of(channels, rows.channels, calls);
              Spread spread = calls.spread();
              String sumDefines = defines(relu) + s.defines() + " " + spread.sumDefines(s.kept());
              calls
                  .call("batch_norm_backward", sumDefines, "batch_norm_gradient_sums_f32")
                  .in(0, 1, 2, 3, 4, beta)
                  .slice(s.selected(), Integer.BYTES)
                  .numbers(rows.rows, rows.chunk(), rows.channels, s.kept())
                  .number(epsilon)
                  .room(0, Double.BYTES)
                  .each((long) rows.chunks() * spread.groups(s.kept()));
              calls
                  .call("batch_norm_backward", sumDefines, "batch_norm_gradients_f32")
                  .room(0, Double.BYTES)
                  .numbers(rows.chunks())
                  .in(3)
                  .slice(s.selected(), Integer.BYTES)
                  .slice(s.position(), Integer.BYTES)
                  .numbers(rows.rows, rows.channels, s.kept())
                  .number(epsilon)
                  .out(1, 2)
                  .room(tables, Float.BYTES)
                  .rounds(rows.channels);
              calls
                  .call(
                      "batch_norm_backward",
                      defines(relu) + s.allDefines(calls),
                      "batch_norm_input_gradient_f32")
                  .in(0, 1, 2, 3, 4, beta)
                  .slice(s.position(), Integer.BYTES)
                  .room(tables, Float.BYTES)
                  .numbers(rows.rows, rows.chunk(), rows.channels, s.kept())
                  .number(epsilon)
                  .out(0)
                  .each((long) rows.chunks() * spread.rowGroups(rows.channels));
            })
        .withScratch(tables + 2L * rows.channels * Float.BYTES)
        .overwriting(
            (output, input) -> output == 0 && (input == 0 || (input == 1 && channels == null)));
  }
}
