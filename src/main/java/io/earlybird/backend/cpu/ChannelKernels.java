package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.NativeKernels.EB_MAX_SELECTABLE;
import static io.earlybird.backend.cpu.NativeKernels.eb_select_backward_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_select_backward_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_select_bf16;
import static io.earlybird.backend.cpu.NativeKernels.eb_select_f32;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Support;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluBackward;
import io.earlybird.tensor.op.BatchNormReluBackwardAdd;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SelectBackward;
import java.util.List;
import org.bytedeco.javacpp.IntPointer;

/** Channel selection on plain rows of channels. */
final class ChannelKernels {
  private ChannelKernels() {}

  /** Whether channels can be selected out of as many as the operands have. */
  static Support supports(Op op, List<TensorSpec> inputs) {
    boolean selects =
        !(op instanceof BatchNormRelu norm && norm.channels() == null)
            && !(op instanceof BatchNormReluBackward back && back.channels() == null)
            && !(op instanceof BatchNormReluBackwardAdd sum && sum.channels() == null);
    int extent = op instanceof SelectBackward back ? back.extent() : inputs.get(0).shape().dim(-1);
    return !selects || extent <= EB_MAX_SELECTABLE
        ? Support.YES
        : Support.no(
            op.name() + " on the cpu backend takes up to " + EB_MAX_SELECTABLE + " channels");
  }

  /** The channel numbers outside of the Java heap; {@code null} stays {@code null}. */
  static IntPointer numbers(Channels channels) {
    if (channels == null) {
      return null;
    }
    // One more than needed: an empty pointer would read as "all channels".
    IntPointer numbers = new IntPointer(channels.count() + 1L);
    numbers.put(channels.toArray(), 0, channels.count());
    return numbers;
  }

  static Kernel select(KernelRequest request, DType element) {
    Shape shape = request.inputs().get(0).shape();
    Channels channels = ((Select) request.op()).channels();
    long rows = shape.rows();
    return OwnKernel.activations(
        request,
        1,
        element,
        b -> {
          var selected = numbers(channels);
          if (element == DType.BF16) {
            var x = b.shortsIn(0);
            var y = b.shortsOut(0);
            return () -> eb_select_bf16(x, rows, shape.dim(-1), selected, channels.count(), y);
          }
          var x = b.in(0);
          var y = b.out(0);
          return () -> eb_select_f32(x, rows, shape.dim(-1), selected, channels.count(), y);
        });
  }

  static Kernel selectBackward(KernelRequest request, DType element) {
    SelectBackward op = (SelectBackward) request.op();
    long rows = request.outputs().get(0).shape().rows();
    return OwnKernel.activations(
        request,
        1,
        element,
        b -> {
          var selected = numbers(op.channels());
          if (element == DType.BF16) {
            var dy = b.shortsIn(0);
            var dx = b.shortsOut(0);
            return () ->
                eb_select_backward_bf16(dy, rows, op.extent(), selected, op.channels().count(), dx);
          }
          var dy = b.in(0);
          var dx = b.out(0);
          return () ->
              eb_select_backward_f32(dy, rows, op.extent(), selected, op.channels().count(), dx);
        });
  }
}
