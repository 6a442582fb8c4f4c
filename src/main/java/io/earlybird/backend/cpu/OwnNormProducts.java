package io.earlybird.backend.cpu;

import io.earlybird.backend.Form;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.cpu.NativeKernels.Conv2dShape;
import io.earlybird.backend.cpu.NativeKernels.InputNorm;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormReluConv2d;
import io.earlybird.tensor.op.BatchNormReluConv2dBackwardWeight;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.NormProductOp;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.stream.Stream;

/** Products of our own C++ library that read their input through batch norm and ReLU. */
final class OwnNormProducts {
  private static final int FIRST = NormProductOp.NORM_OPERANDS;

  private OwnNormProducts() {}

  /** The ways of own code. */
  enum Way {
    F32,
    F32_4X4,
    BF16;

    /** For images of so many bits, that which always fits. */
    static Way of(DType element) {
      return element == DType.BF16 ? BF16 : F32;
    }

    DType element() {
      return this == BF16 ? DType.BF16 : DType.F32;
    }

    String suffix() {
      return this == F32_4X4 ? Winograd.SUFFIX_4X4 : "";
    }

    Room forwardRoom() {
      return switch (this) {
        case F32 -> NativeKernels::eb_conv2d_norm_f32_scratch;
        case F32_4X4 -> NativeKernels::eb_conv2d_norm_4x4_f32_scratch;
        case BF16 -> NativeKernels::eb_conv2d_norm_bf16_scratch;
      };
    }

    Room backwardWeightRoom() {
      return switch (this) {
        case F32 -> NativeKernels::eb_conv2d_norm_backward_weight_f32_scratch;
        case F32_4X4 -> NativeKernels::eb_conv2d_norm_4x4_backward_weight_f32_scratch;
        case BF16 -> NativeKernels::eb_conv2d_norm_backward_weight_bf16_scratch;
      };
    }
  }

  /** As a candidate. */
  static Candidate candidate(KernelRequest request, Way way) {
    return request.op() instanceof BatchNormReluConv2d c
        ? forward(request, c, way)
        : backwardWeight(request, (BatchNormReluConv2dBackwardWeight) request.op(), way);
  }

  private static Candidate forward(KernelRequest request, BatchNormReluConv2d op, Way way) {
    TensorSpec w = request.inputs().get(FIRST);
    List<Form> inputs = request.plainInputs(1, way.element());
    inputs.set(FIRST, OwnConvolution.gradientForm(w));
    After after = After.of(op);
    if (after.add) {
      inputs.set(inputs.size() - 1, Form.plain(request.outputs().get(0), way.element()));
    }
    return candidate(
        request,
        inputs,
        request.plainOutputs(way.element()),
        OwnConvolution.shape(NormProducts.made(request), w, op.stride(), op.padding()),
        way.suffix(),
        way.forwardRoom(),
        (s, norm, b) -> forward(way, s, norm, after, b));
  }

  private static Candidate backwardWeight(
      KernelRequest request, BatchNormReluConv2dBackwardWeight op, Way way) {
    TensorSpec w = request.outputs().get(0);
    List<Form> inputs = request.plainInputs(1, way.element());
    inputs.set(FIRST, Form.plain(request.inputs().get(FIRST), way.element()));
    return candidate(
        request,
        inputs,
        List.of(OwnConvolution.gradientForm(w)),
        OwnConvolution.shape(NormProducts.made(request), w, op.stride(), op.padding()),
        way.suffix(),
        way.backwardWeightRoom(),
        (s, norm, b) -> backwardWeight(way, s, norm, b));
  }

  /** Bytes of scratch for a shape and so many channels of x. */
  @FunctionalInterface
  private interface Room {
    long bytes(Conv2dShape shape, long channels);
  }

  /** Makes the call on a convolution's shape, what is known of the norm, and the buffers. */
  @FunctionalInterface
  private interface Call {
    IntSupplier bind(Conv2dShape shape, GivenNorm norm, Buffers buffers);
  }

  private static Candidate candidate(
      KernelRequest request,
      List<Form> inputs,
      List<Form> outputs,
      Conv2dShape shape,
      String suffix,
      Room room,
      Call call) {
    long channels = request.inputs().get(1).size();
    String name = OwnKernel.name() + suffix;
    return new Candidate(
        name,
        name,
        Stream.concat(inputs.stream(), outputs.stream()).toList(),
        () ->
            OwnKernel.of(request, inputs, outputs, b -> call.bind(shape, norm(request, b), b))
                .withScratch(room.bytes(shape, channels))
                .owning(shape)
                .named(suffix));
  }

  private static GivenNorm norm(KernelRequest request, Buffers b) {
    NormProductOp op = (NormProductOp) request.op();
    return GivenNorm.of(request, op.epsilon(), op.channels(), b);
  }

  /** What follows a convolution. */
  private record After(boolean norm, float epsilon, boolean add, boolean relu) {
    static After of(BatchNormReluConv2d op) {
      return op.product() instanceof Conv2dEpilogue c
          ? new After(c.norm(), c.epsilon(), c.add(), c.relu())
          : new After(false, 0, false, false);
    }

    /** Its norm, whose operands come after the weight; null without one. */
    InputNorm struct(Buffers b) {
      return norm
          ? new InputNorm()
              .gamma(b.in(FIRST + 1))
              .beta(b.in(FIRST + 2))
              .mean(b.in(FIRST + 3))
              .variance(b.in(FIRST + 4))
              .selected(null)
              .channels(b.inputs().get(FIRST + 1).bytes() / Float.BYTES)
              .epsilon(epsilon)
          : null;
    }

    int reluFlag() {
      return relu ? 1 : 0;
    }
  }

  private static IntSupplier forward(
      Way way, Conv2dShape shape, GivenNorm norm, After after, Buffers b) {
    var w = b.in(FIRST);
    var then = after.struct(b);
    int last = b.inputs().size() - 1;
    int relu = after.reluFlag();
    var room = b.room();
    if (way == Way.BF16) {
      var x = b.shortsIn(0);
      var residual = after.add ? b.shortsIn(last) : null;
      var y = b.shortsOut(0);
      return () ->
          NativeKernels.eb_conv2d_norm_bf16(
              shape, norm.struct(), x, w, then, residual, relu, y, room);
    }
    var x = b.in(0);
    var residual = after.add ? b.in(last) : null;
    var y = b.out(0);
    return way == Way.F32_4X4
        ? () ->
            NativeKernels.eb_conv2d_norm_4x4_f32(
                shape, norm.struct(), x, w, then, residual, relu, y, room)
        : () ->
            NativeKernels.eb_conv2d_norm_f32(
                shape, norm.struct(), x, w, then, residual, relu, y, room);
  }

  private static IntSupplier backwardWeight(Way way, Conv2dShape shape, GivenNorm norm, Buffers b) {
    var dw = b.out(0);
    var room = b.room();
    if (way == Way.BF16) {
      var x = b.shortsIn(0);
      var dy = b.shortsIn(FIRST);
      return () ->
          NativeKernels.eb_conv2d_norm_backward_weight_bf16(shape, norm.struct(), x, dy, dw, room);
    }
    var x = b.in(0);
    var dy = b.in(FIRST);
    return way == Way.F32_4X4
        ? () ->
            NativeKernels.eb_conv2d_norm_4x4_backward_weight_f32(
                shape, norm.struct(), x, dy, dw, room)
        : () ->
            NativeKernels.eb_conv2d_norm_backward_weight_f32(shape, norm.struct(), x, dy, dw, room);
  }
}
