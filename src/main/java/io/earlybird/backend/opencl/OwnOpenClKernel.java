package io.earlybird.backend.opencl;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A kernel of our own OpenCL C, bound once with all its arguments. */
final class OwnOpenClKernel implements Kernel {
  /** Adds the calls of a kernel on its buffers, in order. */
  @FunctionalInterface
  interface Binder {
    void bind(Calls calls);
  }

  /** Which results may be written over which operands. */
  @FunctionalInterface
  interface Overwrites {
    boolean may(int output, int input);
  }

  private final OpenClBackend backend;
  private final String what;
  private final List<Form> inputForms;
  private final List<Form> outputForms;
  private final Binder binder;
  private final List<Calls> bound = new ArrayList<>();
  private final List<Memory> tables = new ArrayList<>();
  private String choice = "own:opencl";
  private long scratchBytes;
  private Overwrites overwrites = (output, input) -> false;

  private OwnOpenClKernel(
      OpenClBackend backend, String what, List<Form> inputs, List<Form> outputs, Binder binder) {
    this.backend = backend;
    this.what = what;
    this.inputForms = List.copyOf(inputs);
    this.outputForms = List.copyOf(outputs);
    this.binder = binder;
  }

  /** A kernel with forms of its own choice that writes no result over an operand. */
  static OwnOpenClKernel of(
      OpenClBackend backend, String what, List<Form> inputs, List<Form> outputs, Binder binder) {
    return new OwnOpenClKernel(backend, what, inputs, outputs, binder);
  }

  /** A kernel on plain operands that writes no result over an operand. */
  static OwnOpenClKernel plain(KernelRequest request, OpenClBackend backend, Binder binder) {
    return of(
        backend,
        request.describe(),
        request.inputs().stream().map(Form::plain).toList(),
        request.outputs().stream().map(Form::plain).toList(),
        binder);
  }

  /**
   * A kernel that runs over stored elements whatever their order: operands 0 to {@code alike - 1}
   * and all results take the form in which the first of those operands exists; the other operands
   * are plain. Results may be written over the operands of their form.
   */
  static OwnOpenClKernel elementwise(
      KernelRequest request, OpenClBackend backend, int alike, Binder binder) {
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

  /** Given forms of the first tensors, plain ones of those that follow. */
  static List<Form> formsAfter(List<TensorSpec> specs, Form... first) {
    List<Form> forms = new ArrayList<>(List.of(first));
    specs.stream().skip(first.length).map(Form::plain).forEach(forms::add);
    return forms;
  }

  /** Gives it scratch memory. */
  OwnOpenClKernel withScratch(long bytes) {
    scratchBytes = bytes;
    return this;
  }

  /** Lets it write results over operands. */
  OwnOpenClKernel overwriting(Overwrites allowed) {
    overwrites = allowed;
    return this;
  }

  /** Names it in the run's record. */
  OwnOpenClKernel named(String name) {
    choice = name;
    return this;
  }

  OpenClBackend backend() {
    return backend;
  }

  String what() {
    return what;
  }

  /** A table in device memory that lives as long as the kernel. */
  Slice table(byte[] content) {
    Memory memory = backend.allocate(content.length, "a table of " + what);
    tables.add(memory);
    Slice slice = new Slice(memory, 0, content.length);
    backend.write(slice, HostTensor.of(content, content.length));
    return slice;
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
    return choice;
  }

  @Override
  public Launch bind(List<Slice> inputs, List<Slice> outputs, Slice scratch) {
    Calls calls = new Calls(this, inputs, outputs, scratch);
    bound.add(calls);
    binder.bind(calls);
    return calls.launch();
  }

  @Override
  public void close() {
    bound.forEach(Calls::close);
    bound.clear();
    tables.forEach(Memory::close);
    tables.clear();
  }
}
