package io.earlybird.backend.cpu;

import io.earlybird.backend.Form;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/** Products of our own C++ library, as candidates beside oneDNN's. */
final class OwnProducts {
  private OwnProducts() {}

  /** The gradient of a convolution's weight, which comes as {@code [O,KH,KW,I]}. */
  static Candidate convolutionBackwardWeight(KernelRequest request) {
    Conv2dBackwardWeight op = (Conv2dBackwardWeight) request.op();
    TensorSpec x = request.inputs().get(0);
    TensorSpec w = request.outputs().get(0);
    NativeKernels.Conv2dShape shape = shape(x, w, op.stride(), op.padding());
    List<Form> inputs = request.inputs().stream().map(Form::plain).toList();
    Form output = inputsLast(w);
    OwnKernel kernel =
        OwnKernel.of(
                request,
                inputs,
                List.of(output),
                buffers -> {
                  FloatPointer image = buffers.in(0);
                  FloatPointer dy = buffers.in(1);
                  FloatPointer dw = buffers.out(0);
                  Pointer room = buffers.room();
                  return () ->
                      NativeKernels.eb_conv2d_backward_weight_f32(shape, image, dy, dw, room);
                })
            .withScratch(NativeKernels.eb_conv2d_backward_weight_f32_scratch(shape));
    List<Form> forms = new ArrayList<>(inputs);
    forms.add(output);
    return new Candidate(kernel.choice(), kernel.choice(), forms, () -> kernel);
  }

  /** A weight {@code [O,I,KH,KW]} stored with its input channels innermost. */
  @SuppressWarnings("try") // the scope works by being open
  private static Form inputsLast(TensorSpec w) {
    try (PointerScope scope = new PointerScope()) {
      return OneDnn.form(w, OneDnn.weight(w, memory.format_tag.acdb));
    }
  }

  private static NativeKernels.Conv2dShape shape(
      TensorSpec x, TensorSpec w, int stride, int padding) {
    return new NativeKernels.Conv2dShape()
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
