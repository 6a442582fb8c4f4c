package io.earlybird.backend.reference;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.backend.Support;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Op;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The oracle: every single op in pure Java, plain loops, sums in double. It takes fused ops apart
 * and asks for no special form. It is what the other backends are judged against and is never
 * chosen on its own for a run.
 *
 * <p>With {@link DType#F64} storage, floating-point tensors live as doubles and nothing is rounded
 * in between: for finite differences. Logical types stay what they are; writing and reading
 * convert. Whoever wants the doubles themselves writes and reads with a spec of the same shape and
 * type {@link DType#F64}.
 */
public final class ReferenceBackend implements Backend {
  private final DType storage;
  private long liveBytes;

  /**
   * A reference backend.
   *
   * @param storage {@link DType#F32} or {@link DType#F64}
   */
  public ReferenceBackend(DType storage) {
    if (storage != DType.F32 && storage != DType.F64) {
      throw new IllegalArgumentException("reference storage must be F32 or F64, not " + storage);
    }
    this.storage = storage;
  }

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public String describe() {
    return "reference: Java " + Runtime.version().feature() + ", storage " + storage;
  }

  @Override
  public Support supports(Op op, List<TensorSpec> inputs) {
    return KernelTable.has(op.getClass())
        ? Support.YES
        : Support.no("the reference has no kernel for " + op.name() + ", only for single ops");
  }

  @Override
  public Memory allocate(long bytes, String purpose) {
    if (bytes > Integer.MAX_VALUE - 8) {
      throw new EarlybirdException(
          "the reference backend cannot hold "
              + bytes
              + " bytes for "
              + purpose
              + " (at most 2 GiB)");
    }
    try {
      Memory memory = new ReferenceMemory((int) bytes, freed -> liveBytes -= freed);
      liveBytes += bytes;
      return memory;
    } catch (OutOfMemoryError e) {
      throw new EarlybirdException(
          "not enough Java heap: " + bytes + " bytes wanted for " + purpose, e);
    }
  }

  @Override
  public long liveBytes() {
    return liveBytes;
  }

  @Override
  public Form defaultForm(TensorSpec spec) {
    boolean wide = storage == DType.F64 && spec.dtype().isFloating();
    return Form.plain(spec, wide ? DType.F64 : spec.dtype());
  }

  @Override
  public Kernel prepare(KernelRequest request) {
    Support support = supports(request.op(), request.inputs());
    if (!support.ok()) {
      throw new UnsupportedOperationException(support.reason());
    }
    return new ReferenceKernel(
        request.op(), storage == DType.F32, request.inputs(), request.outputs(), this::defaultForm);
  }

  @Override
  public Kernel prepareReorder(TensorSpec spec, Form from, Form to) {
    if (!from.isPlain() || !to.isPlain()) {
      throw new UnsupportedOperationException(
          "the reference only knows plain forms, not " + from + " to " + to);
    }
    return new ReorderKernel(spec, from, to);
  }

  @Override
  public void write(Slice target, HostTensor value) {
    Form form = defaultForm(value.spec());
    convert(
        new Operand(value.spec(), value.dtype(), value.buffer()),
        new Operand(value.spec(), form.element(), ReferenceMemory.view(target)));
  }

  @Override
  public HostTensor read(Slice source, TensorSpec spec) {
    Form form = defaultForm(spec);
    HostTensor value = HostTensor.zeros(spec);
    convert(
        new Operand(spec, form.element(), ReferenceMemory.view(source)),
        new Operand(spec, spec.dtype(), value.buffer()));
    return value;
  }

  /** Copies elements, converting their type where it differs. */
  static void convert(Operand from, Operand to) {
    if (from.element() == to.element()) {
      ByteBuffer bytes = from.buffer().slice(0, from.size() * from.element().bytes());
      to.buffer().duplicate().put(bytes);
    } else {
      to.put(from.doubles());
    }
  }

  @Override
  public void close() {
    // Memory lives on the heap and goes with its last reference.
  }

  private record ReorderKernel(TensorSpec spec, Form from, Form to) implements Kernel {
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
      return "reference";
    }

    @Override
    public Launch bind(List<Slice> inputs, List<Slice> outputs, Slice scratch) {
      Operand source = new Operand(spec, from.element(), ReferenceMemory.view(inputs.get(0)));
      Operand target = new Operand(spec, to.element(), ReferenceMemory.view(outputs.get(0)));
      return () -> convert(source, target);
    }
  }
}
