package io.earlybird.backend.cpu;

import io.earlybird.backend.Form;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.cpu.NativeKernels.Conv2dShape;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.ShortPointer;

/** Products of bf16 operands of our own C++ library, as candidates beside oneDNN's. */
final class OwnBf16Products {
  /** Makes the call on a convolution's shape and its buffers. */
  @FunctionalInterface
  private interface Call {
    IntSupplier bind(Conv2dShape shape, Buffers buffers);
  }

  private OwnBf16Products() {}

  /**
   * Own ways to compute a convolution or one of its gradients; none for other ops, other types and
   * other processors. Sums of the definition come first; those with fewer multiplications round
   * their operands once more, so they stand in only where results are bf16 anyway.
   */
  static List<Candidate> candidates(KernelRequest request, ProductTypes types) {
    if (types.operand() != DType.BF16 || !CpuLibrary.hasBf16Products()) {
      return List.of();
    }
    List<Candidate> all = new ArrayList<>(direct(request, types));
    if (types.result() == DType.BF16) {
      all.addAll(winograd(request));
    }
    return all;
  }

  private static List<Candidate> direct(KernelRequest request, ProductTypes types) {
    Op op = request.op();
    TensorSpec first = request.inputs().get(0);
    TensorSpec second = request.inputs().get(1);
    TensorSpec result = request.outputs().get(0);
    int wide = types.result() == DType.F32 ? 1 : 0;
    Form image = Form.plain(first, DType.BF16);
    if (op instanceof Conv2d c) {
      return List.of(
          candidate(
              request,
              "",
              List.of(image, stored(second, "AcdB%da2b"), Form.plain(result, types.result())),
              () -> OwnProducts.shape(first, second, c.stride(), c.padding()),
              NativeKernels::eb_conv2d_bf16_scratch,
              (shape, buffers) -> forward(shape, buffers, wide)));
    } else if (op instanceof Conv2dBackwardData c) {
      return List.of(
          candidate(
              request,
              "",
              List.of(image, stored(second, "BcdA%db2a"), Form.plain(result, types.result())),
              () -> OwnProducts.shape(result, second, c.stride(), c.padding()),
              NativeKernels::eb_conv2d_backward_data_bf16_scratch,
              (shape, buffers) -> backwardData(shape, buffers, wide)));
    } else if (op instanceof Conv2dBackwardWeight c) {
      return List.of(
          candidate(
              request,
              "",
              List.of(image, Form.plain(second, DType.BF16), OwnProducts.gradientForm(result)),
              () -> OwnProducts.shape(first, result, c.stride(), c.padding()),
              NativeKernels::eb_conv2d_backward_weight_bf16_scratch,
              OwnBf16Products::backwardWeight));
    }
    return List.of();
  }

  private static List<Candidate> winograd(KernelRequest request) {
    Op op = request.op();
    TensorSpec first = request.inputs().get(0);
    TensorSpec second = request.inputs().get(1);
    TensorSpec result = request.outputs().get(0);
    Form image = Form.plain(first, DType.BF16);
    Form out = Form.plain(result, DType.BF16);
    if (op instanceof Conv2d c && OwnProducts.isWinograds(second, c.stride(), c.padding())) {
      return List.of(
          winograd(
              request,
              List.of(image, OwnProducts.gradientForm(second), out),
              () -> OwnProducts.shape(first, second, c.stride(), c.padding()),
              NativeKernels::eb_conv2d_winograd_bf16_scratch,
              (shape, buffers) -> winograd(null, shape, buffers)));
    } else if (op instanceof Conv2dEpilogue c
        && OwnProducts.isWinograds(second, c.stride(), c.padding())) {
      List<Form> forms = new ArrayList<>(List.of(image, OwnProducts.gradientForm(second)));
      for (TensorSpec spec : new Epilogue(c, result).operands(false)) {
        forms.add(Form.plain(spec, spec.equals(result) ? DType.BF16 : DType.F32));
      }
      forms.add(out);
      Candidate own =
          winograd(
              request,
              forms,
              () -> OwnProducts.shape(first, second, c.stride(), c.padding()),
              NativeKernels::eb_conv2d_winograd_bf16_scratch,
              (shape, buffers) -> winograd(c, shape, buffers));
      return List.of(EpilogueKernel.around(request, own, false));
    } else if (op instanceof Conv2dBackwardData c
        && OwnProducts.isWinograds(second, c.stride(), c.padding())) {
      return List.of(
          winograd(
              request,
              List.of(image, OwnProducts.backwardForm(second), out),
              () -> OwnProducts.shape(result, second, c.stride(), c.padding()),
              NativeKernels::eb_conv2d_winograd_backward_data_bf16_scratch,
              OwnBf16Products::winogradBackwardData));
    } else if (op instanceof Conv2dBackwardWeight c
        && OwnProducts.isWinograds(result, c.stride(), c.padding())) {
      return List.of(
          winograd(
              request,
              List.of(image, Form.plain(second, DType.BF16), OwnProducts.gradientForm(result)),
              () -> OwnProducts.shape(first, result, c.stride(), c.padding()),
              NativeKernels::eb_conv2d_winograd_backward_weight_bf16_scratch,
              OwnBf16Products::winogradBackwardWeight));
    }
    return List.of();
  }

  private static Candidate winograd(
      KernelRequest request,
      List<Form> forms,
      Supplier<Conv2dShape> describe,
      ToLongFunction<Conv2dShape> scratch,
      Call call) {
    return candidate(request, OwnProducts.WINOGRAD_SUFFIX, forms, describe, scratch, call);
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

  /** {@code after} may be {@code null}. */
  private static IntSupplier winograd(Conv2dEpilogue after, Conv2dShape shape, Buffers buffers) {
    ShortPointer x = buffers.shortsIn(0);
    FloatPointer w = buffers.in(1);
    boolean norm = after != null && after.norm();
    FloatPointer mean = norm ? buffers.in(2) : null;
    FloatPointer scale = norm ? buffers.in(3) : null;
    FloatPointer beta = norm ? buffers.in(4) : null;
    ShortPointer residual = after != null && after.add() ? buffers.shortsIn(norm ? 5 : 2) : null;
    int relu = after != null && after.relu() ? 1 : 0;
    ShortPointer y = buffers.shortsOut(0);
    Pointer room = buffers.room();
    return () ->
        NativeKernels.eb_conv2d_winograd_bf16(
            shape, x, w, mean, scale, beta, residual, relu, y, room);
  }

  private static IntSupplier winogradBackwardData(Conv2dShape shape, Buffers buffers) {
    ShortPointer dy = buffers.shortsIn(0);
    FloatPointer w = buffers.in(1);
    ShortPointer dx = buffers.shortsOut(0);
    Pointer room = buffers.room();
    return () -> NativeKernels.eb_conv2d_winograd_backward_data_bf16(shape, dy, w, dx, room);
  }

  private static IntSupplier winogradBackwardWeight(Conv2dShape shape, Buffers buffers) {
    ShortPointer x = buffers.shortsIn(0);
    ShortPointer dy = buffers.shortsIn(1);
    FloatPointer dw = buffers.out(0);
    Pointer room = buffers.room();
    return () -> NativeKernels.eb_conv2d_winograd_backward_weight_bf16(shape, x, dy, dw, room);
  }

  /** A candidate; {@code forms} are the operands' and the result's. */
  private static Candidate candidate(
      KernelRequest request,
      String suffix,
      List<Form> forms,
      Supplier<Conv2dShape> describe,
      ToLongFunction<Conv2dShape> scratch,
      Call call) {
    String name = OwnKernel.name() + suffix;
    int operands = forms.size() - 1;
    List<Form> inputs = forms.subList(0, operands);
    List<Form> outputs = forms.subList(operands, operands + 1);
    return new Candidate(
        name,
        name,
        forms,
        () -> {
          Conv2dShape shape = describe.get();
          return OwnKernel.of(request, inputs, outputs, buffers -> call.bind(shape, buffers))
              .withScratch(scratch.applyAsLong(shape))
              .owning(shape)
              .named(suffix);
        });
  }

  /** A weight stored in blocks of pairs of channels, in oneDNN's notation. */
  @SuppressWarnings("try") // the scope works by being open
  private static Form stored(TensorSpec w, String layout) {
    String tag = String.format(Locale.ROOT, layout, NativeKernels.eb_conv2d_block());
    try (PointerScope scope = new PointerScope()) {
      return OneDnn.form(w, OneDnn.weight(w, DType.BF16, memory.format_tag.valueOf(tag)));
    }
  }
}
