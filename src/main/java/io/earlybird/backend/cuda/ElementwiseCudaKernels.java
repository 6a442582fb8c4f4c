package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_convert;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_copy;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_fill_f32;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_relu;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_transpose;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Fill;
import java.util.List;
import org.bytedeco.javacpp.Pointer;

/** Fill, sum and ReLU, and changes of form. */
final class ElementwiseCudaKernels {
  private ElementwiseCudaKernels() {}

  static Kernel fill(KernelRequest request, CudaBackend backend) {
    float value = ((Fill) request.op()).value();
    long n = request.outputs().get(0).size();
    return OwnCudaKernel.plain(
        request,
        backend,
        b -> {
          var y = b.out(0);
          var stream = b.stream();
          return () -> eb_cuda_fill_f32(value, y, n, stream);
        });
  }

  static Kernel relu(KernelRequest request, CudaBackend backend, DType element) {
    int type = OwnCudaKernel.code(element);
    long n = request.inputs().get(0).size();
    return OwnCudaKernel.activations(
            request,
            backend,
            1,
            element,
            b -> {
              var x = b.in(0);
              var y = b.out(0);
              var stream = b.stream();
              return () -> eb_cuda_relu(type, x, y, n, stream);
            })
        .overwriting((output, input) -> true);
  }

  static Kernel reluBackward(KernelRequest request, CudaBackend backend, DType element) {
    return ofTwo(request, backend, element, NativeCudaKernels::eb_cuda_relu_backward);
  }

  static Kernel add(KernelRequest request, CudaBackend backend, DType element) {
    return ofTwo(request, backend, element, NativeCudaKernels::eb_cuda_add);
  }

  /** A function of the library of two tensors and their element type. */
  @FunctionalInterface
  private interface OfTwo {
    int call(int type, Pointer a, Pointer b, Pointer y, long n, Pointer stream);
  }

  private static Kernel ofTwo(
      KernelRequest request, CudaBackend backend, DType element, OfTwo function) {
    int type = OwnCudaKernel.code(element);
    long n = request.inputs().get(0).size();
    return OwnCudaKernel.activations(
            request,
            backend,
            2,
            element,
            b -> {
              var first = b.in(0);
              var second = b.in(1);
              var y = b.out(0);
              var stream = b.stream();
              return () -> function.call(type, first, second, y, n, stream);
            })
        .overwriting((output, input) -> true);
  }

  /**
   * The copy of a tensor from one form to another.
   *
   * @throws UnsupportedOperationException for layouts other than plain and {@link WeightOrder}, and
   *     element types other than fp32 and bf16
   */
  static Kernel reorder(CudaBackend backend, TensorSpec spec, Form from, Form to) {
    String what = "Reorder of " + spec + " from " + from + " to " + to;
    if (from.equals(to)) {
      long bytes = from.bytes();
      return OwnCudaKernel.of(
          backend,
          what,
          List.of(from),
          List.of(to),
          b -> {
            var source = b.bytesIn(0);
            var target = b.bytesOut(0);
            var stream = b.stream();
            return () -> eb_cuda_copy(source, target, bytes, stream);
          });
    }
    boolean outwards = from.isPlain() && to.layout() == WeightOrder.OHWI;
    boolean inwards = to.isPlain() && from.layout() == WeightOrder.OHWI;
    boolean sameLayout = from.layout().equals(to.layout());
    if (spec.dtype() != DType.F32
        || !isFloat(from)
        || !isFloat(to)
        || !(sameLayout || outwards || inwards)) {
      throw new UnsupportedOperationException("no " + what);
    }
    return sameLayout
        ? convert(backend, what, from, to)
        : transpose(backend, what, spec.shape(), from, to, outwards);
  }

  private static boolean isFloat(Form form) {
    return form.element() == DType.F32 || form.element() == DType.BF16;
  }

  private static Kernel convert(CudaBackend backend, String what, Form from, Form to) {
    int source = OwnCudaKernel.code(from.element());
    int target = OwnCudaKernel.code(to.element());
    long n = from.elements();
    return OwnCudaKernel.of(
        backend,
        what,
        List.of(from),
        List.of(to),
        b -> {
          var x = b.in(0);
          var y = b.out(0);
          var stream = b.stream();
          return () -> eb_cuda_convert(source, x, target, y, n, stream);
        });
  }

  /** Of a weight {@code [O,I,KH,KW]}, outwards to {@code [O,KH,KW,I]} or back. */
  private static Kernel transpose(
      CudaBackend backend, String what, Shape shape, Form from, Form to, boolean outwards) {
    int source = OwnCudaKernel.code(from.element());
    int target = OwnCudaKernel.code(to.element());
    long outputs = shape.dim(0);
    long channels = shape.dim(1);
    long taps = (long) shape.dim(2) * shape.dim(3);
    long rows = outwards ? channels : taps;
    long columns = outwards ? taps : channels;
    return OwnCudaKernel.of(
        backend,
        what,
        List.of(from),
        List.of(to),
        b -> {
          var x = b.in(0);
          var y = b.out(0);
          var stream = b.stream();
          return () -> eb_cuda_transpose(source, x, outputs, rows, columns, target, y, stream);
        });
  }
}
