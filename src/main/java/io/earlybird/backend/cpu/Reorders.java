package io.earlybird.backend.cpu;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.cpu.OneDnnKernel.Argument;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.PointerScope;

/**
 * Copies between layouts and between fp32 and bf16, by oneDNN. Padding of the target becomes zero.
 */
final class Reorders {
  private Reorders() {}

  /**
   * Prepares the copy.
   *
   * @throws UnsupportedOperationException if a form is neither fp32 nor bf16
   */
  static Kernel prepare(OneDnn library, TensorSpec spec, Form from, Form to) {
    if (!convertible(from) || !convertible(to)) {
      throw new UnsupportedOperationException(
          "no reorder of " + spec + " from " + from + " to " + to);
    }
    try (PointerScope scope = new PointerScope()) {
      memory.desc source = OneDnn.inForm(spec, from);
      memory.desc target = OneDnn.inForm(spec, to);
      reorder.primitive_desc descriptor =
          new reorder.primitive_desc(
              library.engine(), source, library.engine(), target, OneDnn.attributes(), false);
      return new OneDnnKernel(
          library,
          scope,
          "reorder " + text(from) + " to " + text(to),
          new reorder(descriptor),
          descriptor,
          List.of(Argument.weight(dnnl.DNNL_ARG_FROM, spec)),
          List.of(Argument.weight(dnnl.DNNL_ARG_TO, spec)));
    }
  }

  private static boolean convertible(Form form) {
    return form.element() == DType.F32 || form.element() == DType.BF16;
  }

  private static String text(Form form) {
    return form.layout() + (form.element() == DType.F32 ? "" : " " + form.element());
  }
}
