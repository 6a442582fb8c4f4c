package io.earlybird.backend.cuda;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntSupplier;
import org.bytedeco.javacpp.Pointer;

/** A kernel of our own CUDA library, bound once with all its pointers. */
final class OwnCudaKernel implements Kernel {
  /** Makes the call of a kernel on its buffers; the call returns the library's status. */
  @FunctionalInterface
  interface Binder {
    IntSupplier bind(CudaBuffers buffers);
  }

  /** Which results may be written over which operands. */
  @FunctionalInterface
  interface Overwrites {
    boolean may(int output, int input);
  }

  private final CudaBackend backend;
  private final String what;
  private final List<Form> inputForms;
  private final List<Form> outputForms;
  private final long scratchBytes;
  private final Overwrites overwrites;
  private final Binder binder;
  private final List<Memory> tables = new ArrayList<>();

  private OwnCudaKernel(
      CudaBackend backend,
      String what,
      List<Form> inputForms,
      List<Form> outputForms,
      long scratchBytes,
      Overwrites overwrites,
      Binder binder) {
    this.backend = backend;
    this.what = what;
    this.inputForms = List.copyOf(inputForms);
    this.outputForms = List.copyOf(outputForms);
    this.scratchBytes = scratchBytes;
    this.overwrites = overwrites;
    this.binder = binder;
  }

  /** A kernel with forms of its own choice that writes no result over an operand. */
  static OwnCudaKernel of(
      CudaBackend backend, String what, List<Form> inputs, List<Form> outputs, Binder binder) {
    return new OwnCudaKernel(backend, what, inputs, outputs, 0, (output, input) -> false, binder);
  }

  /** A kernel on plain operands that writes no result over an operand. */
  static OwnCudaKernel plain(KernelRequest request, CudaBackend backend, Binder binder) {
    return of(
        backend,
        request.describe(),
        request.inputs().stream().map(Form::plain).toList(),
        request.outputs().stream().map(Form::plain).toList(),
        binder);
  }

  /**
   * A kernel on plain operands whose first result and first operands are activations.
   *
   * @param count operands that are activations
   * @param element their element type: F32 or BF16
   */
  static OwnCudaKernel activations(
      KernelRequest request, CudaBackend backend, int count, DType element, Binder binder) {
    return of(
        backend,
        request.describe(),
        request.plainInputs(count, element),
        request.plainOutputs(element),
        binder);
  }

  /** What the library calls an element type. */
  static int code(DType element) {
    return element == DType.BF16 ? NativeCudaKernels.EB_CUDA_BF16 : NativeCudaKernels.EB_CUDA_F32;
  }

  /**
   * A kernel that runs over stored elements whatever their order: operands 0 to {@code alike - 1}
   * and all results take the form in which the first of those operands exists; the other operands
   * are plain. Results may be written over the operands of their form.
   */
  static OwnCudaKernel elementwise(
      KernelRequest request, CudaBackend backend, int alike, Binder binder) {
    Form form = existing(request, 0, alike);
    List<Form> inputs = new ArrayList<>(Collections.nCopies(alike, form));
    request.inputs().stream().skip(alike).map(Form::plain).forEach(inputs::add);
    List<Form> outputs = Collections.nCopies(request.outputs().size(), form);
    return of(backend, request.describe(), inputs, outputs, binder)
        .overwriting((output, input) -> input < alike);
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
  OwnCudaKernel withScratch(long bytes) {
    return new OwnCudaKernel(backend, what, inputForms, outputForms, bytes, overwrites, binder);
  }

  /** The same kernel, which may write results over operands. */
  OwnCudaKernel overwriting(Overwrites allowed) {
    return new OwnCudaKernel(backend, what, inputForms, outputForms, scratchBytes, allowed, binder);
  }

  CudaBackend backend() {
    return backend;
  }

  Pointer table(byte[] content) {
    Memory memory = backend.allocate(content.length, "a table of " + what);
    tables.add(memory);
    Slice slice = new Slice(memory, 0, content.length);
    backend.write(slice, HostTensor.of(content, content.length));
    return CudaMemory.pointer(slice);
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
    return "own:cuda";
  }

  @Override
  public Launch bind(List<Slice> inputs, List<Slice> outputs, Slice scratch) {
    IntSupplier call = binder.bind(new CudaBuffers(this, inputs, outputs, scratch));
    return () -> CudaStatus.own(call.getAsInt(), what);
  }

  @Override
  public void close() {
    tables.forEach(Memory::close);
    tables.clear();
  }
}
