package io.earlybird.backend.cpu;

import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.Form;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.cpu.NativeKernels.Conv2dShape;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntSupplier;
import java.util.function.ToLongFunction;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;

/**
 * One of the three products of a convolution by our own C++ library.
 *
 * @param inputs forms of the operands
 * @param output form of the result
 * @param scratch bytes of scratch memory
 * @param call the call
 * @param suffix tells its name from that of the sums of the definition; may be empty
 */
record OwnConvolution(
    List<Form> inputs, Form output, ToLongFunction<Conv2dShape> scratch, Call call, String suffix) {
  /** Makes the call on a convolution's shape and its buffers. */
  @FunctionalInterface
  interface Call {
    IntSupplier bind(Conv2dShape shape, Buffers buffers);
  }

  /**
   * What follows a convolution, as the library takes it.
   *
   * @param mean of the norm, null without one, as are scale and beta
   * @param residual which operand is added; negative without one
   * @param relu 1 or 0
   */
  record After(FloatPointer mean, FloatPointer scale, FloatPointer beta, int residual, int relu) {
    static After of(Op op, Buffers b) {
      if (!(op instanceof Conv2dEpilogue c)) {
        return new After(null, null, null, -1, 0);
      }
      return new After(
          c.norm() ? b.in(2) : null,
          c.norm() ? b.in(3) : null,
          c.norm() ? b.in(4) : null,
          !c.add() ? -1 : c.norm() ? 5 : 2,
          c.relu() ? 1 : 0);
    }
  }

  /**
   * Forms of a convolution's operands: the picture, the weight, and what the epilogue takes.
   *
   * @param element of pictures
   */
  static List<Form> forward(
      KernelRequest request, ConvolutionExtents c, DType element, Form weight) {
    List<Form> forms = new ArrayList<>(List.of(Form.plain(c.x(), element), weight));
    for (TensorSpec spec : Epilogue.of(request.op(), c.y()).operands(false)) {
      forms.add(Form.plain(spec, spec.equals(c.y()) ? element : DType.F32));
    }
    return forms;
  }

  /** The same operands and result by another call. */
  OwnConvolution by(ToLongFunction<Conv2dShape> otherScratch, Call other, String otherSuffix) {
    return new OwnConvolution(inputs, output, otherScratch, other, otherSuffix);
  }

  /** As a candidate for a convolution. */
  Candidate candidate(KernelRequest request, ConvolutionExtents c) {
    String name = OwnKernel.name() + suffix;
    List<Form> forms = new ArrayList<>(inputs);
    forms.add(output);
    return new Candidate(
        name,
        name,
        forms,
        () -> {
          Conv2dShape shape = shape(c.x(), c.w(), c.stride(), c.padding());
          return OwnKernel.of(request, inputs, List.of(output), b -> call.bind(shape, b))
              .withScratch(scratch.applyAsLong(shape))
              .owning(shape)
              .named(suffix);
        });
  }

  /** The fp32 form in which own weight gradients are made; plain where there are none. */
  static Form gradientForm(TensorSpec w) {
    return w.shape().rank() == 4 ? stored(w, DType.F32, "Acdb%da") : Form.plain(w);
  }

  /** The fp32 form in which gradients of the input read a weight. */
  static Form backwardForm(TensorSpec w) {
    return stored(w, DType.F32, "Bcda%db");
  }

  /** A weight stored in blocks of channels, in oneDNN's notation; %d is the size of a block. */
  @SuppressWarnings("try") // the scope works by being open
  static Form stored(TensorSpec w, DType element, String layout) {
    String tag = String.format(Locale.ROOT, layout, NativeKernels.eb_conv2d_block());
    try (PointerScope scope = new PointerScope()) {
      return OneDnn.form(w, OneDnn.weight(w, element, memory.format_tag.valueOf(tag)));
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
