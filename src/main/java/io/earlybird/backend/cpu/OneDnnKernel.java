package io.earlybird.backend.cpu;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.PointerScope;

/** A oneDNN primitive as a kernel. It owns its native objects and those of its launches. */
final class OneDnnKernel implements Kernel {
  /**
   * An operand or result.
   *
   * @param id oneDNN's argument number
   * @param spec our logical tensor
   * @param logical turns the primitive's descriptor into one with our extents, from which the form
   *     is read; {@code null} where the buffer is plain by construction
   * @param fixed makes the descriptor that the primitive does not tell; else {@code null}
   */
  record Argument(
      int id, TensorSpec spec, UnaryOperator<memory.desc> logical, Supplier<memory.desc> fixed) {
    /** A tensor in the layout that the implementation wants. */
    Argument(int id, TensorSpec spec, UnaryOperator<memory.desc> logical) {
      this(id, spec, logical, null);
    }

    /** A plain tensor. */
    static Argument plain(int id, TensorSpec spec) {
      return new Argument(id, spec, null);
    }

    /** A plain tensor of which the primitive has no descriptor. */
    static Argument fixed(int id, TensorSpec spec, Supplier<memory.desc> descriptor) {
      return new Argument(id, spec, null, descriptor);
    }

    /** A weight, in the layout that the implementation wants. */
    static Argument weight(int id, TensorSpec spec) {
      return new Argument(id, spec, descriptor -> descriptor);
    }

    private memory.desc layout(primitive_desc_base descriptor) {
      return fixed == null ? descriptor.query_md(dnnl.query.exec_arg_md, id) : fixed.get();
    }

    /** The form in which a primitive takes or gives it. */
    Form form(primitive_desc_base descriptor) {
      return logical == null
          ? Form.plain(spec, OneDnn.element(layout(descriptor)))
          : OneDnn.form(spec, logical.apply(layout(descriptor)));
    }
  }

  private record Bound(int id, Form form, memory.desc descriptor) {}

  private final OneDnn library;
  private final String choice;
  private final primitive primitive;
  private final List<Bound> inputs;
  private final List<Bound> outputs;
  private final memory.desc scratch;
  private final long scratchBytes;
  private final List<PointerScope> scopes = new ArrayList<>();

  /**
   * Makes a kernel inside an open scope, which it takes over.
   *
   * @param scope the innermost open scope; holds the primitive and its descriptor
   */
  OneDnnKernel(
      OneDnn library,
      PointerScope scope,
      String choice,
      primitive primitive,
      primitive_desc_base descriptor,
      List<Argument> inputs,
      List<Argument> outputs) {
    this.library = library;
    this.choice = choice;
    this.primitive = primitive;
    this.inputs = inputs.stream().map(a -> bound(descriptor, a)).toList();
    this.outputs = outputs.stream().map(a -> bound(descriptor, a)).toList();
    this.scratch = descriptor.scratchpad_desc();
    this.scratchBytes = scratch.get_size();
    scopes.add(scope.extend());
  }

  private static Bound bound(primitive_desc_base descriptor, Argument argument) {
    return new Bound(argument.id(), argument.form(descriptor), argument.layout(descriptor));
  }

  @Override
  public List<Form> inputForms() {
    return inputs.stream().map(Bound::form).toList();
  }

  @Override
  public List<Form> outputForms() {
    return outputs.stream().map(Bound::form).toList();
  }

  @Override
  public long scratchBytes() {
    return scratchBytes;
  }

  @Override
  public String choice() {
    return choice;
  }

  @Override
  public Launch bind(List<Slice> inputSlices, List<Slice> outputSlices, Slice scratchSlice) {
    try (PointerScope scope = new PointerScope()) {
      IntMemoryMap arguments = new IntMemoryMap();
      add(arguments, inputs, inputSlices);
      add(arguments, outputs, outputSlices);
      if (scratchBytes > 0) {
        arguments.put(dnnl.DNNL_ARG_SCRATCHPAD, at(scratch, scratchBytes, scratchSlice));
      }
      scopes.add(scope.extend());
      primitive run = primitive;
      stream stream = library.stream();
      return () -> run.execute(stream, arguments);
    }
  }

  private void add(IntMemoryMap arguments, List<Bound> operands, List<Slice> slices) {
    for (int i = 0; i < operands.size(); i++) {
      Bound operand = operands.get(i);
      arguments.put(operand.id(), at(operand.descriptor(), operand.form().bytes(), slices.get(i)));
    }
  }

  private memory at(memory.desc descriptor, long bytes, Slice slice) {
    if (slice.bytes() < bytes) {
      throw new IllegalArgumentException(
          choice + " needs " + bytes + " bytes, the slice has " + slice.bytes());
    }
    return new memory(descriptor, library.engine(), CpuMemory.pointer(slice));
  }

  @Override
  public void close() {
    for (int i = scopes.size() - 1; i >= 0; i--) {
      scopes.get(i).close();
    }
    scopes.clear();
  }
}
