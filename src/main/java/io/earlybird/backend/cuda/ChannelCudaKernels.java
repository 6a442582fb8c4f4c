package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_select;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_select_backward;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SelectBackward;
import java.util.Arrays;
import org.bytedeco.javacpp.IntPointer;

/** Channel selection on plain rows of channels. */
final class ChannelCudaKernels {
  private ChannelCudaKernels() {}

  /**
   * A selection in device memory.
   *
   * @param selected the numbers of the channels kept, or {@code null} for all
   * @param position the place of every channel among those kept or -1, or {@code null} for all
   * @param kept how many channels are kept
   */
  record Selection(IntPointer selected, IntPointer position, long kept) {
    static Selection of(Channels channels, int extent, CudaBuffers b) {
      if (channels == null) {
        return new Selection(null, null, extent);
      }
      int[] selected = channels.toArray();
      int[] position = new int[extent];
      Arrays.fill(position, -1);
      for (int k = 0; k < selected.length; k++) {
        position[selected[k]] = k;
      }
      return new Selection(
          new IntPointer(b.table(OptimizerCudaKernels.bytes(selected))),
          new IntPointer(b.table(OptimizerCudaKernels.bytes(position))),
          selected.length);
    }
  }

  static Kernel select(KernelRequest request, CudaBackend backend, DType element) {
    int type = OwnCudaKernel.code(element);
    Shape shape = request.inputs().get(0).shape();
    Channels channels = ((Select) request.op()).channels();
    long rows = shape.rows();
    int extent = shape.dim(-1);
    return OwnCudaKernel.activations(
        request,
        backend,
        1,
        element,
        b -> {
          Selection s = Selection.of(channels, extent, b);
          var x = b.in(0);
          var y = b.out(0);
          var stream = b.stream();
          return () -> eb_cuda_select(type, x, rows, extent, s.selected, s.kept, y, stream);
        });
  }

  static Kernel selectBackward(KernelRequest request, CudaBackend backend, DType element) {
    int type = OwnCudaKernel.code(element);
    SelectBackward op = (SelectBackward) request.op();
    long rows = request.outputs().get(0).shape().rows();
    int extent = op.extent();
    return OwnCudaKernel.activations(
        request,
        backend,
        1,
        element,
        b -> {
          Selection s = Selection.of(op.channels(), extent, b);
          var dy = b.in(0);
          var dx = b.out(0);
          var stream = b.stream();
          return () ->
              eb_cuda_select_backward(type, dy, rows, extent, s.position, s.kept, dx, stream);
        });
  }
}
