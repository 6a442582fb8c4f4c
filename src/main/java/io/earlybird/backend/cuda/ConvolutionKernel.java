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
import java.util.List;
import java.util.function.IntSupplier;
import org.bytedeco.javacpp.Pointer;

/**
 * A convolution or one of its gradients as cuDNN computes it. Activations are plain NHWC outside.
 * Where cuDNN computes in NCHW they are transposed into scratch memory and back.
 */
final class ConvolutionKernel implements Kernel {
  /** What choices begin with. */
  static final String PREFIX = "cudnn ";

  private final ConvolutionExtents extents;
  private final ConvolutionTypes types;
  private final boolean channelsLast;
  private final CudaBackend backend;
  private final CudnnPlan plan;
  private final long workspace;

  /** Takes over a plan, which computes the same extents, types and order. */
  ConvolutionKernel(
      ConvolutionExtents extents,
      ConvolutionTypes types,
      boolean channelsLast,
      CudaBackend backend,
      CudnnPlan plan) {
    this.extents = extents;
    this.types = types;
    this.channelsLast = channelsLast;
    this.backend = backend;
    this.plan = plan;
    this.workspace = plan.workspace();
  }

  /** The kernel of choice for a convolution's op. */
  static Kernel prepare(KernelRequest request, CudaBackend backend) {
    return backend.convolutions().choose(request);
  }

  private Form weightForm() {
    return channelsLast
        ? WeightOrder.OHWI.form(extents.w(), types.w())
        : Form.plain(extents.w(), types.w());
  }

  @Override
  public List<Form> inputForms() {
    Form x = Form.plain(extents.x(), types.x());
    Form y = Form.plain(extents.y(), types.y());
    return switch (extents.product()) {
      case FORWARD -> List.of(x, weightForm());
      case BACKWARD_DATA -> List.of(y, weightForm());
      case BACKWARD_WEIGHT -> List.of(x, y);
    };
  }

  @Override
  public List<Form> outputForms() {
    return switch (extents.product()) {
      case FORWARD -> List.of(Form.plain(extents.y(), types.y()));
      case BACKWARD_DATA -> List.of(Form.plain(extents.x(), types.x()));
      case BACKWARD_WEIGHT -> List.of(weightForm());
    };
  }

  @Override
  public long scratchBytes() {
    return channelsLast ? workspace : transposedBytes() + workspace;
  }

  private long transposedBytes() {
    return Backend.aligned(Form.plain(extents.x(), types.x()).bytes())
        + Backend.aligned(Form.plain(extents.y(), types.y()).bytes());
  }

  @Override
  public String choice() {
    return PREFIX + plan.name();
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
    IntSupplier call = plan.bind(x, w, y, room);
    return () -> CudaStatus.dnn(call.getAsInt(), what);
  }

  private String what() {
    return extents + " by " + choice();
  }

  private Launch transposed(Pointer x, Pointer w, Pointer y, Slice scratch) {
    Pointer base = CudaMemory.pointer(scratch);
    long beyondX = Backend.aligned(Form.plain(extents.x(), types.x()).bytes());
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
    IntSupplier call = plan.bind(planesX, w, planesY, room);
    int typeX = OwnCudaKernel.code(types.x());
    int typeY = OwnCudaKernel.code(types.y());
    boolean readsX = extents.product() != Product.BACKWARD_DATA;
    boolean readsY = extents.product() != Product.FORWARD;
    return () -> {
      if (readsX) {
        CudaStatus.own(eb_cuda_transpose(typeX, x, n, pixels, in, typeX, planesX, stream), what);
      }
      if (readsY) {
        CudaStatus.own(
            eb_cuda_transpose(typeY, y, n, outPixels, out, typeY, planesY, stream), what);
      }
      CudaStatus.dnn(call.getAsInt(), what);
      if (!readsX) {
        CudaStatus.own(eb_cuda_transpose(typeX, planesX, n, in, pixels, typeX, x, stream), what);
      }
      if (!readsY) {
        CudaStatus.own(
            eb_cuda_transpose(typeY, planesY, n, out, outPixels, typeY, y, stream), what);
      }
    };
  }

  @Override
  public void close() {
    plan.close();
  }
}
