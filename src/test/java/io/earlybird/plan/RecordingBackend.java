package io.earlybird.plan;

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
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.FusedOp;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.SgdUpdate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A backend without a device: it computes nothing and records which kernels ran on which buffers.
 * Convolution weights get an opaque layout of their own per direction.
 */
final class RecordingBackend implements Backend {
  record Ran(String op, List<Slice> inputs, List<Slice> outputs, Slice scratch) {}

  private record OpaqueLayout(String name) {}

  final List<Ran> ran = new ArrayList<>();
  private final Predicate<Op> fuses;
  private long live;

  RecordingBackend(Predicate<Op> fuses) {
    this.fuses = fuses;
  }

  @Override
  public String name() {
    return "recording";
  }

  @Override
  public String describe() {
    return "records launches";
  }

  @Override
  public Support supports(Op op, List<TensorSpec> inputs) {
    return op instanceof FusedOp && !fuses.test(op) ? Support.no("not fused here") : Support.YES;
  }

  private final class Bytes implements Memory {
    private final long bytes;
    private boolean open = true;

    Bytes(long bytes) {
      this.bytes = bytes;
      live += bytes;
    }

    @Override
    public long bytes() {
      return bytes;
    }

    @Override
    public void close() {
      live -= open ? bytes : 0;
      open = false;
    }
  }

  @Override
  public Memory allocate(long bytes, String purpose) {
    return new Bytes(bytes);
  }

  @Override
  public long liveBytes() {
    return live;
  }

  static Form opaque(String name, TensorSpec spec) {
    return new Form(DType.F32, new OpaqueLayout(name), spec.size() * 4 + 64);
  }

  @Override
  public Kernel prepare(KernelRequest r) {
    List<Form> in = new ArrayList<>(r.inputs().stream().map(Form::plain).toList());
    List<Form> out = new ArrayList<>(r.outputs().stream().map(Form::plain).toList());
    if (r.op() instanceof Conv2d) {
      in.set(1, opaque("forward", r.inputs().get(1)));
    } else if (r.op() instanceof Conv2dBackwardData) {
      in.set(1, opaque("backward", r.inputs().get(1)));
    } else if (r.op() instanceof SgdUpdate && r.available().get(0) != null) {
      for (int i = 0; i < 3; i++) {
        in.set(i, r.available().get(0));
      }
      out.set(0, in.get(0));
      out.set(1, in.get(0));
    }
    return new RecordedKernel(r.op().name(), in, out, r.op() instanceof Conv2d ? 1000 : 0);
  }

  @Override
  public Kernel prepareReorder(TensorSpec spec, Form from, Form to) {
    return new RecordedKernel("Reorder", List.of(from), List.of(to), 0);
  }

  private final class RecordedKernel implements Kernel {
    private final String op;
    private final List<Form> in;
    private final List<Form> out;
    private final long scratch;

    RecordedKernel(String op, List<Form> in, List<Form> out, long scratch) {
      this.op = op;
      this.in = List.copyOf(in);
      this.out = List.copyOf(out);
      this.scratch = scratch;
    }

    @Override
    public List<Form> inputForms() {
      return in;
    }

    @Override
    public List<Form> outputForms() {
      return out;
    }

    @Override
    public long scratchBytes() {
      return scratch;
    }

    @Override
    public boolean mayOverwrite(int output, int input) {
      return List.of("Relu", "Add", "SgdUpdate", "Increment").contains(op) && output == input;
    }

    @Override
    public String choice() {
      return "recorded";
    }

    @Override
    public Launch bind(List<Slice> inputs, List<Slice> outputs, Slice room) {
      Ran launch = new Ran(op, inputs, outputs, room);
      return () -> ran.add(launch);
    }
  }

  List<String> ranOps() {
    return ran.stream().map(Ran::op).toList();
  }

  Ran only(String op) {
    List<Ran> found = ran.stream().filter(r -> r.op().equals(op)).toList();
    if (found.size() != 1) {
      throw new AssertionError("expected one " + op + " in " + ranOps());
    }
    return found.get(0);
  }

  @Override
  public void write(Slice target, HostTensor value) {}

  @Override
  public HostTensor read(Slice source, TensorSpec spec) {
    return HostTensor.zeros(spec);
  }

  @Override
  public void close() {}
}
