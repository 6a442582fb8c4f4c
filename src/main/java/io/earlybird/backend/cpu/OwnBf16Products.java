package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.OwnConvolution.backwardForm;
import static io.earlybird.backend.cpu.OwnConvolution.gradientForm;
import static io.earlybird.backend.cpu.OwnConvolution.stored;
import static io.earlybird.tensor.DType.BF16;

import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.ConvolutionExtents.Product;
import io.earlybird.backend.Form;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.cpu.NativeKernels.Conv2dShape;
import io.earlybird.backend.cpu.OwnConvolution.After;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.op.Conv2dEpilogue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;

/** Products of bf16 operands of our own C++ library, as candidates beside oneDNN's. */
final class OwnBf16Products {
  /** How the names of products end that round weights as they read them. */
  private static final String FP32_WEIGHTS = " of f32 weights";

  private OwnBf16Products() {}

  /**
   * Own ways to compute a convolution or one of its gradients; none for other ops, other types and
   * other processors. Sums of the definition come first; those with fewer multiplications round
   * their operands once more, so they stand in only where results are bf16 anyway.
   */
  static List<Candidate> candidates(KernelRequest request, ProductTypes types) {
    if (types.operand() != BF16 || !CpuLibrary.hasBf16Products()) {
      return List.of();
    }
    return ConvolutionExtents.find(request)
        .map(c -> candidates(request, c, types.result()))
        .orElse(List.of());
  }

  private static List<Candidate> candidates(
      KernelRequest request, ConvolutionExtents c, DType result) {
    boolean epilogue = request.op() instanceof Conv2dEpilogue;
    List<Candidate> all = new ArrayList<>();
    if (!epilogue) {
      all.add(direct(c, result).candidate(request, c));
    }
    List<OwnConvolution> after = new ArrayList<>();
    if (result == BF16 && readsFp32Weights(c)) {
      after.add(byFp32Weights(request, c));
    }
    if (result == BF16 && Winograd.fits(c)) {
      after.add(winograd(request, c));
    }
    for (OwnConvolution convolution : after) {
      Candidate own = convolution.candidate(request, c);
      all.add(epilogue ? EpilogueKernel.around(request, own, false) : own);
    }
    return all;
  }

  /** Whether there are kernels that round weights as they read them. */
  private static boolean readsFp32Weights(ConvolutionExtents c) {
    return CpuLibrary.hasAmx() && c.stride() == 1 && c.product() != Product.BACKWARD_WEIGHT;
  }

  private static OwnConvolution byFp32Weights(KernelRequest request, ConvolutionExtents c) {
    return c.product() == Product.FORWARD
        ? new OwnConvolution(
            OwnConvolution.forward(request, c, BF16, gradientForm(c.w())),
            Form.plain(c.y(), BF16),
            NativeKernels::eb_conv2d_f32_weight_bf16_scratch,
            forward(request, NativeKernels::eb_conv2d_f32_weight_bf16),
            FP32_WEIGHTS)
        : new OwnConvolution(
            List.of(Form.plain(c.y(), BF16), gradientForm(c.w())),
            Form.plain(c.x(), BF16),
            NativeKernels::eb_conv2d_f32_weight_backward_data_bf16_scratch,
            backwardData(NativeKernels::eb_conv2d_f32_weight_backward_data_bf16),
            FP32_WEIGHTS);
  }

  private static OwnConvolution direct(ConvolutionExtents c, DType result) {
    Form x = Form.plain(c.x(), BF16);
    Form y = Form.plain(c.y(), BF16);
    int wide = result == DType.F32 ? 1 : 0;
    return switch (c.product()) {
      case FORWARD ->
          new OwnConvolution(
              List.of(x, stored(c.w(), BF16, "AcdB%da2b")),
              Form.plain(c.y(), result),
              NativeKernels::eb_conv2d_bf16_scratch,
              (shape, b) -> forward(shape, b, wide),
              "");
      case BACKWARD_DATA ->
          new OwnConvolution(
              List.of(y, stored(c.w(), BF16, "BcdA%db2a")),
              Form.plain(c.x(), result),
              NativeKernels::eb_conv2d_backward_data_bf16_scratch,
              (shape, b) -> backwardData(shape, b, wide),
              "");
      case BACKWARD_WEIGHT ->
          new OwnConvolution(
              List.of(x, y),
              gradientForm(c.w()),
              NativeKernels::eb_conv2d_backward_weight_bf16_scratch,
              OwnBf16Products::backwardWeight,
              "");
    };
  }

  private static OwnConvolution winograd(KernelRequest request, ConvolutionExtents c) {
    Form x = Form.plain(c.x(), BF16);
    Form y = Form.plain(c.y(), BF16);
    return switch (c.product()) {
      case FORWARD ->
          new OwnConvolution(
              OwnConvolution.forward(request, c, BF16, gradientForm(c.w())),
              y,
              NativeKernels::eb_conv2d_winograd_bf16_scratch,
              forward(request, NativeKernels::eb_conv2d_winograd_bf16),
              Winograd.SUFFIX);
      case BACKWARD_DATA ->
          new OwnConvolution(
              List.of(y, backwardForm(c.w())),
              x,
              NativeKernels::eb_conv2d_winograd_backward_data_bf16_scratch,
              backwardData(NativeKernels::eb_conv2d_winograd_backward_data_bf16),
              Winograd.SUFFIX);
      case BACKWARD_WEIGHT ->
          new OwnConvolution(
              List.of(x, y),
              gradientForm(c.w()),
              NativeKernels::eb_conv2d_winograd_backward_weight_bf16_scratch,
              OwnBf16Products::winogradBackwardWeight,
              Winograd.SUFFIX);
    };
  }

  private static IntSupplier forward(Conv2dShape shape, Buffers buffers, int wide) {
    ShortPointer x = buffers.shortsIn(0);
    ShortPointer w = buffers.shortsIn(1);
    Pointer y = buffers.shortsOut(0);
    Pointer room = buffers.room();
    return () -> NativeKernels.eb_conv2d_bf16(shape, x, w, y, wide, room);
  }

  private static IntSupplier backwardData(Conv2dShape shape, Buffers buffers, int wide) {
    ShortPointer dy = buffers.shortsIn(0);
    ShortPointer w = buffers.shortsIn(1);
    Pointer dx = buffers.shortsOut(0);
    Pointer room = buffers.room();
    return () -> NativeKernels.eb_conv2d_backward_data_bf16(shape, dy, w, dx, wide, room);
  }

  private static IntSupplier backwardWeight(Conv2dShape shape, Buffers buffers) {
    ShortPointer x = buffers.shortsIn(0);
    ShortPointer dy = buffers.shortsIn(1);
    FloatPointer dw = buffers.out(0);
    Pointer room = buffers.room();
    return () -> NativeKernels.eb_conv2d_backward_weight_bf16(shape, x, dy, dw, room);
  }

  /** A convolution with fp32 weights and all that may follow it. */
  @FunctionalInterface
  private interface Forward {
    int run(
        Conv2dShape shape,
        ShortPointer x,
        FloatPointer w,
        FloatPointer mean,
        FloatPointer scale,
        FloatPointer beta,
        ShortPointer residual,
        int relu,
        ShortPointer y,
        Pointer room);
  }

  private static OwnConvolution.Call forward(KernelRequest request, Forward call) {
    return (shape, buffers) -> {
      After a = After.of(request.op(), buffers);
      ShortPointer x = buffers.shortsIn(0);
      FloatPointer w = buffers.in(1);
      ShortPointer residual = a.residual() < 0 ? null : buffers.shortsIn(a.residual());
      ShortPointer y = buffers.shortsOut(0);
      Pointer room = buffers.room();
      return () ->
          call.run(shape, x, w, a.mean(), a.scale(), a.beta(), residual, a.relu(), y, room);
    };
  }

  /** The gradient of the input with fp32 weights. */
  @FunctionalInterface
  private interface BackwardData {
    int run(Conv2dShape shape, ShortPointer dy, FloatPointer w, ShortPointer dx, Pointer room);
  }

  private static OwnConvolution.Call backwardData(BackwardData call) {
    return (shape, buffers) -> {
      ShortPointer dy = buffers.shortsIn(0);
      FloatPointer w = buffers.in(1);
      ShortPointer dx = buffers.shortsOut(0);
      Pointer room = buffers.room();
      return () -> call.run(shape, dy, w, dx, room);
    };
  }

  private static IntSupplier winogradBackwardWeight(Conv2dShape shape, Buffers buffers) {
    ShortPointer x = buffers.shortsIn(0);
    ShortPointer dy = buffers.shortsIn(1);
    FloatPointer dw = buffers.out(0);
    Pointer room = buffers.room();
    return () -> NativeKernels.eb_conv2d_winograd_backward_weight_bf16(shape, x, dy, dw, room);
  }
}
