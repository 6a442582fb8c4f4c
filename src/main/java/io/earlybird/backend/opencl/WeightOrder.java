package io.earlybird.backend.opencl;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * Orders of convolution weights {@code [O,I,KH,KW]} besides the plain one. A fully connected
 * layer's {@code [O,I]} is a convolution's with a window of one pixel.
 */
enum WeightOrder {
  /** {@code [O/16,KH,KW,I,16]}: 16 outputs side by side, zeros where there are fewer. */
  FORWARD(1),

  /** {@code [I/16,KH,KW,O,16]} with windows turned by 180 degrees: the gradient of the input. */
  BACKWARD(2);

  /** Channels side by side. */
  static final int LANES = 16;

  private final int number;

  WeightOrder(int number) {
    this.number = number;
  }

  /** The form of a weight in this order. */
  Form form(TensorSpec weight) {
    Shape w = weight.shape();
    long across = blocks(w.dim(this == FORWARD ? 0 : 1)) * LANES;
    long deep = w.dim(this == FORWARD ? 1 : 0);
    return new Form(DType.F32, this, across * deep * high(w) * wide(w) * Float.BYTES);
  }

  private static int high(Shape w) {
    return w.rank() == 4 ? w.dim(2) : 1;
  }

  private static int wide(Shape w) {
    return w.rank() == 4 ? w.dim(3) : 1;
  }

  /** Groups of {@link #LANES} channels. */
  static long blocks(long channels) {
    return (channels + LANES - 1) / LANES;
  }

  /**
   * The copy of a tensor from one form to another.
   *
   * @throws UnsupportedOperationException for forms other than plain and those of this enum
   */
  static Kernel reorder(OpenClBackend backend, TensorSpec spec, Form from, Form to) {
    String what = "Reorder of " + spec + " from " + from.layout() + " to " + to.layout();
    if (from.equals(to)) {
      return ElementwiseKernels.copy(backend, what, from);
    }
    Shape w = spec.shape();
    boolean weight = spec.dtype() == DType.F32 && (w.rank() == 4 || w.rank() == 2);
    if (!weight || number(from) < 0 || number(to) < 0) {
      throw new UnsupportedOperationException("no " + what);
    }
    String orders = "-DEB_FROM=" + number(from) + " -DEB_TO=" + number(to);
    return OwnOpenClKernel.of(
        backend,
        what,
        List.of(from),
        List.of(to),
        calls ->
            calls
                .call("weight_order", orders, "weight_order_f32")
                .in(0)
                .numbers(w.dim(0), w.dim(1), high(w), wide(w), (int) to.elements())
                .out(0)
                .items(to.isPlain() ? to.elements() : to.elements() / LANES));
  }

  private static int number(Form form) {
    if (form.layout() instanceof WeightOrder order) {
      return order.number;
    }
    return form.isPlain() ? 0 : -1;
  }
}
