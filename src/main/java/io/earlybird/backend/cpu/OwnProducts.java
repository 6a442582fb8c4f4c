package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.OwnConvolution.backwardForm;
import static io.earlybird.backend.cpu.OwnConvolution.gradientForm;

import io.earlybird.backend.ConvolutionExtents;
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

/** Products of our own C++ library, as candidates beside oneDNN's. */
final class OwnProducts {
  private OwnProducts() {}

  /**
   * Own ways to compute a convolution or one of its gradients, by the sums of the definition and,
   * where that is possible, with fewer multiplications; none for other ops.
   */
  static List<Candidate> candidates(KernelRequest request) {
    return ConvolutionExtents.find(request).map(c -> candidates(request, c)).orElse(List.of());
  }

  private static List<Candidate> candidates(KernelRequest request, ConvolutionExtents c) {
    List<Candidate> all = new ArrayList<>();
    all.add(direct(request, c).candidate(request, c));
    if (Winograd.fits2x2(c)) {
      all.add(winograd(request, c).candidate(request, c));
    }
    if (Winograd.fits4x4(c)) {
      all.add(winograd4x4(request, c).candidate(request, c));
    }
    if (request.op() instanceof Conv2dEpilogue) {
      all.replaceAll(own -> EpilogueKernel.around(request, own, false));
    }
    return all;
  }

  private static OwnConvolution direct(KernelRequest request, ConvolutionExtents c) {
    return switch (c.product()) {
      case FORWARD ->
          new OwnConvolution(
              OwnConvolution.forward(request, c, DType.F32, gradientForm(c.w())),
              Form.plain(c.y()),
              shape -> 0,
              request.op() instanceof Conv2dEpilogue
                  ? (shape, b) -> epilogue(After.of(request.op(), b), shape, b)
                  : OwnProducts::forward,
              "");
      case BACKWARD_DATA ->
          new OwnConvolution(
              List.of(Form.plain(c.y()), backwardForm(c.w())),
              Form.plain(c.x()),
              shape -> 0,
              OwnProducts::backwardData,
              "");
      case BACKWARD_WEIGHT ->
          new OwnConvolution(
              List.of(Form.plain(c.x()), Form.plain(c.y())),
              gradientForm(c.w()),
              NativeKernels::eb_conv2d_backward_weight_f32_scratch,
              gradient(NativeKernels::eb_conv2d_backward_weight_f32),
              "");
    };
  }

  /** With fewer multiplications, see {@code eb_conv2d_winograd_f32}. */
  private static OwnConvolution winograd(KernelRequest request, ConvolutionExtents c) {
    OwnConvolution direct = direct(request, c);
    return switch (c.product()) {
      case FORWARD ->
          direct.by(
              NativeKernels::eb_conv2d_winograd_f32_scratch,
              forward(request, NativeKernels::eb_conv2d_winograd_f32),
              Winograd.SUFFIX);
      case BACKWARD_DATA ->
          direct.by(
              NativeKernels::eb_conv2d_winograd_backward_data_f32_scratch,
              gradient(NativeKernels::eb_conv2d_winograd_backward_data_f32),
              Winograd.SUFFIX);
      case BACKWARD_WEIGHT ->
          direct.by(
              NativeKernels::eb_conv2d_winograd_backward_weight_f32_scratch,
              gradient(NativeKernels::eb_conv2d_winograd_backward_weight_f32),
              Winograd.SUFFIX);
    };
  }

  /** With fewer still, see {@code eb_conv2d_winograd_4x4_f32}. */
  static OwnConvolution winograd4x4(KernelRequest request, ConvolutionExtents c) {
    OwnConvolution direct = direct(request, c);
    return switch (c.product()) {
      case FORWARD ->
          direct.by(
              NativeKernels::eb_conv2d_winograd_4x4_f32_scratch,
              forward(request, NativeKernels::eb_conv2d_winograd_4x4_f32),
              Winograd.SUFFIX_4X4);
      case BACKWARD_DATA ->
          direct.by(
              NativeKernels::eb_conv2d_winograd_4x4_backward_data_f32_scratch,
              gradient(NativeKernels::eb_conv2d_winograd_4x4_backward_data_f32),
              Winograd.SUFFIX_4X4);
      case BACKWARD_WEIGHT ->
          direct.by(
              NativeKernels::eb_conv2d_winograd_4x4_backward_weight_f32_scratch,
              gradient(NativeKernels::eb_conv2d_winograd_4x4_backward_weight_f32),
              Winograd.SUFFIX_4X4);
    };
  }

  /** A convolution with all that may follow it, and scratch. */
  @FunctionalInterface
  private interface Forward {
    int run(
        Conv2dShape shape,
        FloatPointer x,
        FloatPointer w,
        FloatPointer mean,
        FloatPointer scale,
        FloatPointer beta,
        FloatPointer residual,
        int relu,
        FloatPointer y,
        Pointer room);
  }

  /** The gradient of the input or of the weight, with scratch. */
  @FunctionalInterface
  private interface Gradient {
    int run(Conv2dShape shape, FloatPointer a, FloatPointer b, FloatPointer c, Pointer room);
  }

  private static OwnConvolution.Call forward(KernelRequest request, Forward call) {
    return (shape, buffers) -> {
      After a = After.of(request.op(), buffers);
      FloatPointer x = buffers.in(0);
      FloatPointer w = buffers.in(1);
      FloatPointer residual = a.residual() < 0 ? null : buffers.in(a.residual());
      FloatPointer y = buffers.out(0);
      Pointer room = buffers.room();
      return () ->
          call.run(shape, x, w, a.mean(), a.scale(), a.beta(), residual, a.relu(), y, room);
    };
  }

  private static OwnConvolution.Call gradient(Gradient call) {
    return (shape, buffers) -> {
      FloatPointer first = buffers.in(0);
      FloatPointer second = buffers.in(1);
      FloatPointer result = buffers.out(0);
      Pointer room = buffers.room();
      return () -> call.run(shape, first, second, result, room);
    };
  }

  private static IntSupplier forward(Conv2dShape shape, Buffers buffers) {
    FloatPointer x = buffers.in(0);
    FloatPointer w = buffers.in(1);
    FloatPointer y = buffers.out(0);
    return () -> NativeKernels.eb_conv2d_f32(shape, x, w, y);
  }

  private static IntSupplier epilogue(After a, Conv2dShape shape, Buffers buffers) {
    FloatPointer x = buffers.in(0);
    FloatPointer w = buffers.in(1);
    FloatPointer residual = a.residual() < 0 ? null : buffers.in(a.residual());
    FloatPointer y = buffers.out(0);
    return () ->
        NativeKernels.eb_conv2d_epilogue_f32(
            shape, x, w, a.mean(), a.scale(), a.beta(), residual, a.relu(), y);
  }

  private static IntSupplier backwardData(Conv2dShape shape, Buffers buffers) {
    FloatPointer dy = buffers.in(0);
    FloatPointer w = buffers.in(1);
    FloatPointer dx = buffers.out(0);
    return () -> NativeKernels.eb_conv2d_backward_data_f32(shape, dy, w, dx);
  }
}
