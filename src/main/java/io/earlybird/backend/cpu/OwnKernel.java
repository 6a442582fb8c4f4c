package io.earlybird.backend.cpu;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntSupplier;
import org.bytedeco.javacpp.Pointer;

/**
 * A kernel of our own C++ library. The call is bound once, with all its pointers; running it
 * allocates nothing and fails with op, operands and status if the library reports one.
 */
final class OwnKernel implements Kernel {
  /** How the names of own kernels begin. */
  static final String OWN = "own:";

  /** Makes the call of a kernel on its buffers; the call returns the library's status. */
  @FunctionalInterface
  interface Binder {
    IntSupplier bind(Buffers buffers);
  }

  /** Which results may be written over which operands. */
  @FunctionalInterface
  interface Overwrites {
    boolean may(int output, int input);
  }

  private final KernelRequest request;
  private final List<Form> inputForms;
  private final List<Form> outputForms;
  private final long scratchBytes;
  private final Overwrites overwrites;
  private final Binder binder;
  private final Pointer owned;
  private final String suffix;

  private OwnKernel(
      KernelRequest request,
      List<Form> inputForms,
      List<Form> outputForms,
      long scratchBytes,
      Overwrites overwrites,
      Binder binder,
      Pointer owned,
      String suffix) {
    this.request = request;
    this.inputForms = List.copyOf(inputForms);
    this.outputForms = List.copyOf(outputForms);
    this.scratchBytes = scratchBytes;
    this.overwrites = overwrites;
    this.binder = binder;
    this.owned = owned;
    this.suffix = suffix;
  }

  /** A kernel on plain operands that writes no result over an operand. */
  static OwnKernel plain(KernelRequest request, Binder binder) {
    return new OwnKernel(
        request,
        request.inputs().stream().map(Form::plain).toList(),
        request.outputs().stream().map(Form::plain).toList(),
        0,
        (output, input) -> false,
        binder,
        null,
        "");
  }

  /**
   * A kernel that runs over stored elements whatever their order: operands 0 to {@code alike - 1}
   * and all results have the logical shape of operand 0 and take the form in which the first of
   * those operands exists; the other operands are plain. Results may be written over the operands
   * of their form.
   */
  static OwnKernel elementwise(KernelRequest request, int alike, Binder binder) {
    Form form = existing(request, 0, alike);
    List<Form> inputs = new ArrayList<>(Collections.nCopies(alike, form));
    request.inputs().stream().skip(alike).map(Form::plain).forEach(inputs::add);
    List<Form> outputs = Collections.nCopies(request.outputs().size(), form);
    return new OwnKernel(
        request, inputs, outputs, 0, (output, input) -> input < alike, binder, null, "");
  }

  /**
   * A kernel on plain operands whose first result and first operands are activations.
   *
   * @param count operands that are activations
   * @param element their element type: F32 or BF16
   */
  static OwnKernel activations(KernelRequest request, int count, DType element, Binder binder) {
    return of(request, request.plainInputs(count, element), request.plainOutputs(element), binder);
  }

  /** A kernel with forms of its own choice. */
  static OwnKernel of(KernelRequest request, List<Form> inputs, List<Form> outputs, Binder binder) {
    return new OwnKernel(request, inputs, outputs, 0, (output, input) -> false, binder, null, "");
  }

  /** The form of the first of some operands that exists already as fp32, or the plain one. */
  static Form existing(KernelRequest request, int first, int count) {
    for (Form form : request.available().subList(first, first + count)) {
      if (form != null && form.element() == DType.F32) {
        return form;
      }
    }
    return Form.plain(request.inputs().get(first));
  }

  /** The same kernel with scratch memory. */
  OwnKernel withScratch(long bytes) {
    return new OwnKernel(
        request, inputForms, outputForms, bytes, overwrites, binder, owned, suffix);
  }

  /** The same kernel, which may write results over operands. */
  OwnKernel overwriting(Overwrites allowed) {
    return new OwnKernel(
        request, inputForms, outputForms, scratchBytes, allowed, binder, owned, suffix);
  }

  /** The same kernel, which frees a native object that its calls use when it is closed. */
  OwnKernel owning(Pointer object) {
    return new OwnKernel(
        request, inputForms, outputForms, scratchBytes, overwrites, binder, object, suffix);
  }

  /** The same kernel, whose name in the run's record ends so. */
  OwnKernel named(String ending) {
    return new OwnKernel(
        request, inputForms, outputForms, scratchBytes, overwrites, binder, owned, ending);
  }

  @Override
  public List<Form> inputForms() {
    return inputForms;
  }

  @Override
  public List<Form> outputForms() {
    return outputForms;
  }

  @Override
  public long scratchBytes() {
    return scratchBytes;
  }

  @Override
  public boolean mayOverwrite(int output, int input) {
    return overwrites.may(output, input) && outputForms.get(output).equals(inputForms.get(input));
  }

  @Override
  public String choice() {
    return name() + suffix;
  }

  /** What own kernels are called in the run's record. */
  static String name() {
    return OWN + CpuLibrary.isaName();
  }

  @Override
  public Launch bind(List<Slice> inputs, List<Slice> outputs, Slice scratch) {
    IntSupplier call = binder.bind(new Buffers(inputs, outputs, scratch));
    String what = request.describe();
    return () -> {
      int status = call.getAsInt();
      if (status != NativeKernels.EB_OK) {
        throw new EarlybirdException(what + ": " + explain(status));
      }
    };
  }

  @Override
  public void close() {
    if (owned != null) {
      owned.deallocate();
    }
  }

  /** What a status of the library means. */
  static String explain(int status) {
    if (status == NativeKernels.EB_BAD_ARGUMENT) {
      return "an operand holds a value outside its range (EB_BAD_ARGUMENT)";
    }
    if (status == NativeKernels.EB_NO_MEMORY) {
      return "no memory left (EB_NO_MEMORY)";
    }
    if (status == NativeKernels.EB_UNSUPPORTED) {
      return "this build has no code for it (EB_UNSUPPORTED)";
    }
    return "the CPU library returned status " + status;
  }
}
