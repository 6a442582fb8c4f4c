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
import java.util.function.ToLongFunction;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/** Products of our own C++ library, as candidates beside oneDNN's. */
final class OwnProducts {
  /**
   * System property; {@code off} leaves out the products that multiply less and round a little more
   * than the sums of the definition.
   */
  static final String WINOGRAD = "earlybird.winograd";

  /** How the names of those products end. */
  static final String WINOGRAD_SUFFIX = " winograd";

  /** The forms and the call of one of the three products of a convolution. */
  private record Way(
      List<Form> inputs,
      Form output,
      ToLongFunction<Conv2dShape> scratch,
      Call call,
      String suffix) {
    Way(List<Form> inputs, Form output, ToLongFunction<Conv2dShape> scratch, Call call) {
      this(inputs, output, scratch, call, "");
    }

    /** With fewer multiplications, see {@code eb_conv2d_winograd_f32}. */
    Way with(ToLongFunction<Conv2dShape> room, Call other) {
      return new Way(inputs, output, room, other, WINOGRAD_SUFFIX);
    }
  }

  /** Makes the call on a convolution's shape and its buffers. */
  @FunctionalInterface
  private interface Call {
    IntSupplier bind(Conv2dShape shape, Buffers buffers);
  }

  private OwnProducts() {}

  /** Own ways to compute a convolution or one of its gradients; none for other ops. */
  static List<Candidate> candidates(KernelRequest request) {
    Op op = request.op();
    TensorSpec first = request.inputs().get(0);
    TensorSpec second = request.inputs().get(1);
    TensorSpec result = request.outputs().get(0);
    if (op instanceof Conv2d c) {
      Way way =
          new Way(
              List.of(Form.plain(first), stored(second, "Acdb%da")),
              Form.plain(result),
              shape -> 0,
              OwnProducts::forward);
      Way fewer =
          way.with(
              NativeKernels::eb_conv2d_winograd_f32_scratch,
              (shape, b) -> winograd(After.NOTHING, shape, b));
      return candidates(request, way, fewer, first, second, c.stride(), c.padding());
    } else if (op instanceof Conv2dEpilogue c) {
      List<Form> forms = new ArrayList<>(List.of(Form.plain(first), stored(second, "Acdb%da")));
      new Epilogue(c, result).operands(false).forEach(spec -> forms.add(Form.plain(spec)));
      Way way = new Way(forms, Form.plain(result), shape -> 0, (s, b) -> forward(c, s, b));
      Way fewer =
          way.with(
              NativeKernels::eb_conv2d_winograd_f32_scratch,
              (shape, b) -> winograd(After.of(c, b), shape, b));
      return candidates(request, way, fewer, first, second, c.stride(), c.padding()).stream()
          .map(own -> EpilogueKernel.around(request, own, false))
          .toList();
    } else if (op instanceof Conv2dBackwardData c) {
      Way way =
          new Way(
              List.of(Form.plain(first), backwardForm(second)),
              Form.plain(result),
              shape -> 0,
              OwnProducts::backwardData);
      Way fewer =
          way.with(
              NativeKernels::eb_conv2d_winograd_backward_data_f32_scratch,
              OwnProducts::winogradBackwardData);
      return candidates(request, way, fewer, result, second, c.stride(), c.padding());
    } else if (op instanceof Conv2dBackwardWeight c) {
      Way way =
          new Way(
              List.of(Form.plain(first), Form.plain(second)),
              stored(result, "Acdb%da"),
              NativeKernels::eb_conv2d_backward_weight_f32_scratch,
              OwnProducts::backwardWeight);
      Way fewer =
          way.with(
              NativeKernels::eb_conv2d_winograd_backward_weight_f32_scratch,
              OwnProducts::winogradBackwardWeight);
      return candidates(request, way, fewer, first, result, c.stride(), c.padding());
    }
    return List.of();
  }

  private static IntSupplier forward(Conv2dShape shape, Buffers buffers) {
    FloatPointer x = buffers.in(0);
    FloatPointer w = buffers.in(1);
    FloatPointer y = buffers.out(0);
    return () -> NativeKernels.eb_conv2d_f32(shape, x, w, y);
  }

  /** What follows a convolution, as the library takes it. */
  private record After(
      FloatPointer mean, FloatPointer scale, FloatPointer beta, FloatPointer residual, int relu) {
    static final After NOTHING = new After(null, null, null, null, 0);

    static After of(Conv2dEpilogue op, Buffers buffers) {
      return new After(
          op.norm() ? buffers.in(2) : null,
          op.norm() ? buffers.in(3) : null,
          op.norm() ? buffers.in(4) : null,
          op.add() ? buffers.in(op.norm() ? 5 : 2) : null,
          op.relu() ? 1 : 0);
    }
  }

  private static IntSupplier forward(Conv2dEpilogue op, Conv2dShape shape, Buffers buffers) {
    FloatPointer x = buffers.in(0);
    FloatPointer w = buffers.in(1);
    After a = After.of(op, buffers);
    FloatPointer y = buffers.out(0);
    return () ->
        NativeKernels.eb_conv2d_epilogue_f32(
            shape, x, w, a.mean, a.scale, a.beta, a.residual, a.relu, y);
  }

  /** Whether a convolution can be computed with fewer multiplications, and may be. */
  static boolean isWinograds(TensorSpec w, int stride, int padding) {
    return w.shape().dim(2) == 3
        && w.shape().dim(3) == 3
        && stride == 1
        && padding == 1
        && mayUseWinograd();
  }

  /** Whether products may be computed with fewer multiplications. */
  static boolean mayUseWinograd() {
    return !System.getProperty(WINOGRAD, "on").equals("off");
  }

  private static IntSupplier winograd(After a, Conv2dShape shape, Buffers buffers) {
    FloatPointer x = buffers.in(0);
    FloatPointer w = buffers.in(1);
    FloatPointer y = buffers.out(0);
    Pointer room = buffers.room();
    return () ->
        NativeKernels.eb_conv2d_winograd_f32(
            shape, x, w, a.mean, a.scale, a.beta, a.residual, a.relu, y, room);
  }

  private static IntSupplier winogradBackwardData(Conv2dShape shape, Buffers buffers) {
    FloatPointer dy = buffers.in(0);
    FloatPointer w = buffers.in(1);
    FloatPointer dx = buffers.out(0);
    Pointer room = buffers.room();
    return () -> NativeKernels.eb_conv2d_winograd_backward_data_f32(shape, dy, w, dx, room);
  }

  private static IntSupplier backwardData(Conv2dShape shape, Buffers buffers) {
    FloatPointer dy = buffers.in(0);
    FloatPointer w = buffers.in(1);
    FloatPointer dx = buffers.out(0);
    return () -> NativeKernels.eb_conv2d_backward_data_f32(shape, dy, w, dx);
  }

  private static IntSupplier backwardWeight(Conv2dShape shape, Buffers buffers) {
    FloatPointer x = buffers.in(0);
    FloatPointer dy = buffers.in(1);
    FloatPointer dw = buffers.out(0);
    Pointer room = buffers.room();
    return () -> NativeKernels.eb_conv2d_backward_weight_f32(shape, x, dy, dw, room);
  }

  private static IntSupplier winogradBackwardWeight(Conv2dShape shape, Buffers buffers) {
    FloatPointer x = buffers.in(0);
    FloatPointer dy = buffers.in(1);
    FloatPointer dw = buffers.out(0);
    Pointer room = buffers.room();
    return () -> NativeKernels.eb_conv2d_winograd_backward_weight_f32(shape, x, dy, dw, room);
  }

  /** The sums of the definition and, where that is possible, the way with fewer multiplications. */
  private static List<Candidate> candidates(
      KernelRequest request,
      Way direct,
      Way fewer,
      TensorSpec x,
      TensorSpec w,
      int stride,
      int padding) {
    List<Candidate> all = new ArrayList<>();
    all.add(candidate(request, direct, x, w, stride, padding));
    if (isWinograds(w, stride, padding)) {
      all.add(candidate(request, fewer, x, w, stride, padding));
    }
    return all;
  }

  private static Candidate candidate(
      KernelRequest request, Way way, TensorSpec x, TensorSpec w, int stride, int padding) {
    String name = OwnKernel.name() + way.suffix;
    List<Form> forms = new ArrayList<>(way.inputs);
    forms.add(way.output);
    return new Candidate(
        name,
        name,
        forms,
        () -> {
          Conv2dShape shape = shape(x, w, stride, padding);
          return OwnKernel.of(
                  request, way.inputs, List.of(way.output), b -> way.call.bind(shape, b))
              .withScratch(way.scratch.applyAsLong(shape))
              .owning(shape)
              .named(way.suffix);
        });
  }

  /** The fp32 form in which own weight gradients are made; plain where there are none. */
  static Form gradientForm(TensorSpec w) {
    return w.shape().rank() == 4 ? stored(w, "Acdb%da") : Form.plain(w);
  }

  /** The fp32 form in which gradients of the input read a weight. */
  static Form backwardForm(TensorSpec w) {
    return stored(w, "Bcda%db");
  }

  /** A weight stored in blocks of channels, in oneDNN's notation; %d is the size of a block. */
  @SuppressWarnings("try") // the scope works by being open
  private static Form stored(TensorSpec w, String layout) {
    String tag = String.format(Locale.ROOT, layout, NativeKernels.eb_conv2d_block());
    try (PointerScope scope = new PointerScope()) {
      return OneDnn.form(w, OneDnn.weight(w, DType.F32, memory.format_tag.valueOf(tag)));
    }
  }

  /** The native description of a convolution. */
  static Conv2dShape shape(TensorSpec x, TensorSpec w, int stride, int padding) {
    return new Conv2dShape()
        .n(x.shape().dim(0))
        .height(x.shape().dim(1))
        .width(x.shape().dim(2))
        .in(x.shape().dim(3))
        .out(w.shape().dim(0))
        .kernel_height(w.shape().dim(2))
        .kernel_width(w.shape().dim(3))
        .stride(stride)
        .padding(padding);
  }
}
