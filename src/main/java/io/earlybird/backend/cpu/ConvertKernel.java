package io.earlybird.backend.cpu;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.DType;
import java.util.List;
import java.util.function.IntSupplier;

/** The change of a plain tensor from fp32 to bf16, or back. */
record ConvertKernel(Form from, Form to) implements Kernel {
  /** Whether this is such a change. */
  static boolean fits(Form from, Form to) {
    return from.isPlain()
        && to.isPlain()
        && ((from.element() == DType.F32 && to.element() == DType.BF16)
            || (from.element() == DType.BF16 && to.element() == DType.F32));
  }

  @Override
  public List<Form> inputForms() {
    return List.of(from);
  }

  @Override
  public List<Form> outputForms() {
    return List.of(to);
  }

  @Override
  public String choice() {
    return OwnKernel.name();
  }

  @Override
  public Launch bind(List<Slice> inputs, List<Slice> outputs, Slice scratch) {
    Buffers b = new Buffers(inputs, outputs, scratch);
    long n = from.elements();
    IntSupplier call = to.element() == DType.BF16 ? narrow(b, n) : widen(b, n);
    return () -> {
      int status = call.getAsInt();
      if (status != NativeKernels.EB_OK) {
        throw new EarlybirdException(
            "conversion of " + from + " to " + to + ": " + OwnKernel.explain(status));
      }
    };
  }

  private static IntSupplier narrow(Buffers b, long n) {
    var x = b.in(0);
    var y = b.shortsOut(0);
    return () -> NativeKernels.eb_convert_f32_bf16(x, y, n);
  }

  private static IntSupplier widen(Buffers b, long n) {
    var x = b.shortsIn(0);
    var y = b.out(0);
    return () -> NativeKernels.eb_convert_bf16_f32(x, y, n);
  }
}
