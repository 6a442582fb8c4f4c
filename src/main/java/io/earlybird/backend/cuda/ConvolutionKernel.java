package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_transpose;

import io.earlybird.backend.Backend;
import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.ConvolutionExtents.Product;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.DType;
import java.util.List;
import org.bytedeco.javacpp.Pointer;

/**
 * A convolution or one of its gradients by an algorithm of cuDNN. Activations are plain NHWC
 * outside. Where cuDNN computes in NCHW they are transposed into scratch memory and back.
 */
final class ConvolutionKernel implements Kernel {
  private final ConvolutionExtents extents;
  private final boolean channelsLast;
  private final int algorithm;
  private final CudaBackend backend;
  private final CudnnConvolution convolution;
  private final long workspace;
  private final DType element;

  /** Takes over the convolution, which belongs to the same extents and order. */
  ConvolutionKernel(
      ConvolutionExtents extents,
      boolean channelsLast,
      int algorithm,
      CudaBackend backend,
      CudnnConvolution convolution) {
    this.extents = extents;
    this.channelsLast = channelsLast;
    this.algorithm = algorithm;
    this.backend = backend;
    this.convolution = convolution;
    this.workspace = convolution.workspace(algorithm);
    this.element = backend.activations();
  }

  /** The kernel of choice for a convolution's op. */
  static Kernel prepare(KernelRequest request, CudaBackend backend) {
    return backend.convolutions().choose(request);
  }

  private Form weightForm() {
    return channelsLast
        ? WeightOrder.OHWI.form(extents.w(), element)
        : Form.plain(extents.w(), element);
  }

  @Override
  public List<Form> inputForms() {
    Form x = Form.plain(extents.x(), element);
    Form y = Form.plain(extents.y(), element);
    return switch (extents.product()) {
      case FORWARD -> List.of(x, weightForm());
      case BACKWARD_DATA -> List.of(y, weightForm());
      case BACKWARD_WEIGHT -> List.of(x, y);
    };
  }

  @Override
  public List<Form> outputForms() {
    return switch (extents.product()) {
      case FORWARD -> List.of(Form.plain(extents.y(), element));
      case BACKWARD_DATA -> List.of(Form.plain(extents.x(), element));
      case BACKWARD_WEIGHT -> List.of(weightForm());
    };
  }

  @Override
  public long scratchBytes() {
    return channelsLast ? workspace : transposedBytes() + workspace;
  }

  private long transposedBytes() {
    return aligned(Form.plain(extents.x(), element).bytes())
        + aligned(Form.plain(extents.y(), element).bytes());
  }

  private static long aligned(long bytes) {
    return (bytes + Backend.ALIGNMENT - 1) / Backend.ALIGNMENT * Backend.ALIGNMENT;
  }

  @Override
  public String choice() {
    return name(channelsLast, algorithm);
  }

  static String name(boolean channelsLast, int algorithm) {
    return "cudnn " + (channelsLast ? "nhwc" : "nchw") + " " + algorithm;
  }

  @Override
  public Launch bind(List<Slice> inputs, List<Slice> outputs, Slice scratch) {
    Pointer first = CudaMemory.pointer(inputs.get(0));
    Pointer second = CudaMemory.pointer(inputs.get(1));
    Pointer result = CudaMemory.pointer(outputs.get(0));
    Pointer x = first;
    Pointer w = second;
    Pointer y = result;
    if (extents.product() == Product.BACKWARD_DATA) {
      x = result;
      y = first;
    } else if (extents.product() == Product.BACKWARD_WEIGHT) {
      w = result;
      y = second;
    }
    return channelsLast ? direct(x, w, y, scratch) : transposed(x, w, y, scratch);
  }

  private Launch direct(Pointer x, Pointer w, Pointer y, Slice scratch) {
    Pointer room = workspace == 0 ? null : CudaMemory.pointer(scratch);
    String what = what();
    return () -> CudaStatus.dnn(convolution.run(algorithm, x, w, y, room, workspace), what);
  }

  private String what() {
    return extents + " by " + choice();
  }

  private Launch transposed(Pointer x, Pointer w, Pointer y, Slice scratch) {
    Pointer base = CudaMemory.pointer(scratch);
    long beyondX = aligned(Form.plain(extents.x(), element).bytes());
    Pointer planesX = base;
    Pointer planesY = base.getPointer(beyondX);
    Pointer room = workspace == 0 ? null : base.getPointer(transposedBytes());
    String what = what();
    int n = extents.images();
    int in = extents.inChannels();
    int out = extents.outChannels();
    int pixels = extents.pixels();
    int outPixels = extents.outPixels();
    Pointer stream = backend.stream();
    int type = OwnCudaKernel.code(element);
    boolean readsX = extents.product() != Product.BACKWARD_DATA;
    boolean readsY = extents.product() != Product.FORWARD;
    return () -> {
      if (readsX) {
        CudaStatus.own(eb_cuda_transpose(type, x, n, pixels, in, type, planesX, stream), what);
      }
      if (readsY) {
        CudaStatus.own(eb_cuda_transpose(type, y, n, outPixels, out, type, planesY, stream), what);
      }
      CudaStatus.dnn(convolution.run(algorithm, planesX, w, planesY, room, workspace), what);
      if (!readsX) {
        CudaStatus.own(eb_cuda_transpose(type, planesX, n, in, pixels, type, x, stream), what);
      }
      if (!readsY) {
        CudaStatus.own(eb_cuda_transpose(type, planesY, n, out, outPixels, type, y, stream), what);
      }
    };
  }

  @Override
  public void close() {
    convolution.close();
  }
}
